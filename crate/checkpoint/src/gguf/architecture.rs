//! Transformers' names for the tensors and the fields of the architectures that are read from GGUF files.
//!
//! The tensors are named in <https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/tensor_mapping.py>, what is
//! noted in `constants.py` beside it. What a file does not say is what llama.cpp computes for the architecture
//! (`src/models` there): Gemma 3's pattern of windows, its base within them, and how it scales its scores.

use std::fmt::Write;

use super::header::{Header, Held, Noted};
use super::quote;
use super::weights::{Change, Renamed};
use crate::{Result, Source};

/// Tensors outside the layers.
const MODEL: [(&str, &str); 3] =
    [("token_embd.", "model.embed_tokens."), ("output_norm.", "model.norm."), ("output.", "lm_head.")];

/// Tensors of a layer, after `blk.N.`.
const LAYER: [(&str, &str); 10] = [
    ("attn_norm.", "input_layernorm."),
    ("attn_q.", "self_attn.q_proj."),
    ("attn_k.", "self_attn.k_proj."),
    ("attn_v.", "self_attn.v_proj."),
    ("attn_output.", "self_attn.o_proj."),
    ("attn_q_norm.", "self_attn.q_norm."),
    ("attn_k_norm.", "self_attn.k_norm."),
    ("ffn_gate.", "mlp.gate_proj."),
    ("ffn_up.", "mlp.up_proj."),
    ("ffn_down.", "mlp.down_proj."),
];

const ONE_NORM: [(&str, &str); 1] = [("ffn_norm.", "post_attention_layernorm.")];
const GEMMA_NORMS: [(&str, &str); 3] = [
    ("post_attention_norm.", "post_attention_layernorm."),
    ("ffn_norm.", "pre_feedforward_layernorm."),
    ("post_ffw_norm.", "post_feedforward_layernorm."),
];

/// Llama 3's rotary frequencies are divided by these numbers, which the converter computes; they are no weights.
const FACTORS: &str = "rope_freqs.weight";
/// Half a head's width, as wide as any is.
const MOST_FACTORS: u64 = 4096;

/// The tensors under transformers' names. One that the architecture does not have keeps its own, and is refused by it.
pub fn tensors(header: &Header) -> Result<Vec<Renamed>> {
    let fields = Fields::of(header)?;
    let norms: &[(&str, &str)] = if fields.architecture == "gemma3" { &GEMMA_NORMS } else { &ONE_NORM };
    let heads = fields.heads()?;
    let held = header.tensors.iter().filter(|held| held.name != FACTORS);
    Ok(held
        .map(|held| {
            let name = renamed(&held.name, norms);
            let change = match fields.architecture {
                "gemma3" if name.ends_with("norm.weight") => Change::PlusOne,
                "llama" if name.contains(".q_proj.") => Change::Interleaved(heads.0),
                "llama" if name.contains(".k_proj.") => Change::Interleaved(heads.1),
                _ => Change::None,
            };
            Renamed { name, held: held.clone(), change }
        })
        .collect())
}

fn renamed(name: &str, norms: &[(&str, &str)]) -> String {
    let instead = |list: &[(&str, &str)], rest: &str| {
        list.iter().find_map(|(theirs, ours)| rest.strip_prefix(theirs).map(|end| format!("{ours}{end}")))
    };
    let in_layer = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')).and_then(|(layer, rest)| {
        let rest = instead(&LAYER, rest).or_else(|| instead(norms, rest))?;
        Some(format!("model.layers.{layer}.{rest}"))
    });
    in_layer.or_else(|| instead(&MODEL, name)).unwrap_or_else(|| name.to_owned())
}

/// What is noted about the architecture.
struct Fields<'h> {
    header: &'h Header,
    architecture: &'h str,
}

impl<'h> Fields<'h> {
    fn of(header: &'h Header) -> Result<Fields<'h>> {
        match header.notes.get("general.architecture") {
            Some(Noted::Text(architecture)) if ["llama", "qwen3", "gemma3"].contains(&architecture.as_str()) => Ok(Fields { header, architecture }),
            Some(Noted::Text(other)) => Err(format!("its architecture is {other}; llama, qwen3 and gemma3 are read from GGUF files")),
            _ => Err("it does not say of which architecture it is".into()),
        }
    }

    fn get(&self, field: &str) -> Option<&'h Noted> {
        self.header.notes.get(&format!("{}.{field}", self.architecture))
    }

    fn wrong(&self, field: &str, what: &str) -> String {
        format!("{}.{field} is {what}", self.architecture)
    }

    /// A whole number from 1 to what 32 bits hold; where a number for each layer is given, they must be the same.
    fn size(&self, field: &str) -> Result<Option<u64>> {
        let number = match self.get(field) {
            None => return Ok(None),
            Some(Noted::Integer(number)) => u32::try_from(*number).ok(),
            Some(Noted::Numbers(numbers)) if numbers.windows(2).all(|pair| pair[0] == pair[1]) => {
                numbers.first().filter(|number| number.fract() == 0.0 && **number < 1e9).map(|number| *number as u32)
            }
            Some(_) => None,
        };
        let number = number.filter(|number| *number > 0);
        number.map(|number| Some(u64::from(number))).ok_or_else(|| self.wrong(field, "not one number of the right size"))
    }

    fn needed(&self, field: &str) -> Result<u64> {
        self.size(field)?.ok_or_else(|| self.wrong(field, "missing"))
    }

    /// A number as JSON writes it, with no more digits than the file's float has.
    fn float(&self, field: &str) -> Result<Option<String>> {
        match self.get(field) {
            None => Ok(None),
            Some(Noted::Float32(number)) if number.is_finite() => Ok(Some(number.to_string())),
            Some(Noted::Float(number)) if number.is_finite() => Ok(Some(number.to_string())),
            Some(Noted::Integer(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.wrong(field, "no number")),
        }
    }

    fn text(&self, field: &str) -> Option<&'h str> {
        match self.get(field) {
            Some(Noted::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Query heads, and heads of keys and values.
    fn heads(&self) -> Result<(u64, u64)> {
        let queries = self.needed("attention.head_count")?;
        Ok((queries, self.size("attention.head_count_kv")?.unwrap_or(queries)))
    }

    fn tensor(&self, name: &str) -> Option<&'h Held> {
        self.header.tensors.iter().find(|held| held.name == name)
    }
}

/// The configuration as transformers writes it.
pub fn config(header: &Header, source: &dyn Source) -> Result<String> {
    if matches!(header.notes.get("split.count"), Some(Noted::Integer(parts)) if *parts > 1) {
        return Err("it is one part of several: put them together with llama-gguf-split --merge".into());
    }
    let fields = Fields::of(header)?;
    let is_gemma = fields.architecture == "gemma3";
    let (heads, kv_heads) = fields.heads()?;
    let (width, layers) = (fields.needed("embedding_length")?, fields.needed("block_count")?);
    let head = fields.size("attention.key_length")?.unwrap_or(width / heads);
    for field in ["attention.value_length", "rope.dimension_count"] {
        if fields.size(field)?.is_some_and(|size| size != head) {
            return Err(fields.wrong(field, &format!("not {head}, the width of a head")));
        }
    }
    if fields.size("expert_count").unwrap_or(Some(1)).is_some() {
        return Err("it has a mixture of experts, which is not read from GGUF files here".into());
    }
    let vocabulary = fields.tensor("token_embd.weight").and_then(|held| held.shape.first());
    let vocabulary = vocabulary.ok_or("it has no token_embd.weight, the embedding of its tokens")?;
    let longest = fields.needed("context_length")?;

    let mut config = Object::new();
    config.text("model_type", if is_gemma { "gemma3_text" } else { fields.architecture });
    config.is("vocab_size", vocabulary);
    config.is("hidden_size", width);
    config.is("intermediate_size", fields.needed("feed_forward_length")?);
    config.is("num_hidden_layers", layers);
    config.is("num_attention_heads", heads);
    config.is("num_key_value_heads", kv_heads);
    config.is("head_dim", head);
    config.is("max_position_embeddings", longest);
    config.is("rms_norm_eps", fields.float("attention.layer_norm_rms_epsilon")?.ok_or("it does not say the epsilon of its norms")?);
    config.is("tie_word_embeddings", fields.tensor("output.weight").is_none());
    config.is("attention_bias", fields.tensor("blk.0.attn_q.bias").is_some());
    if fields.architecture == "llama" {
        config.is("mlp_bias", fields.tensor("blk.0.ffn_gate.bias").is_some());
    }
    config.is("rope_theta", fields.float("rope.freq_base")?.unwrap_or_else(|| "10000".into()));
    if let Some(scaling) = rope_scaling(&fields, longest, source)? {
        config.is("rope_scaling", scaling);
    }
    if is_gemma {
        config.is("rope_local_base_freq", fields.float("rope.freq_base_swa")?.unwrap_or_else(|| "10000".into()));
        // The 27B model alone divides by the width that a head would have if all of them were as wide as the model.
        config.is("query_pre_attn_scalar", if layers == 62 { width / heads } else { head });
        let window = fields.size("attention.sliding_window")?;
        config.is("sliding_window", window.map_or("null".into(), |window| window.to_string()));
        config.is("layer_types", layer_types(&fields, layers, window.is_some())?);
        if let Some(cap) = fields.float("final_logit_softcapping")? {
            config.is("final_logit_softcapping", cap);
        }
    }
    for (theirs, ours) in [("bos", "bos_token_id"), ("eos", "eos_token_id")] {
        if let Some(Noted::Integer(token)) = header.notes.get(&format!("tokenizer.ggml.{theirs}_token_id")) {
            config.is(ours, token);
        }
    }
    Ok(config.end())
}

/// A list of strings, the types of the layers.
fn layer_types(fields: &Fields<'_>, layers: u64, has_windows: bool) -> Result<String> {
    let pattern = "attention.sliding_window_pattern";
    // A layer costs bytes of the file: a list as long as a false number would cost memory.
    if layers > fields.header.tensors.len() as u64 {
        return Err(fields.wrong("block_count", &format!("{layers}, and the file has {} tensors", fields.header.tensors.len())));
    }
    let is_windowed: Vec<bool> = match fields.get(pattern) {
        _ if !has_windows => vec![false; layers as usize],
        Some(Noted::Bools(all)) if all.len() as u64 >= layers => all[..layers as usize].to_vec(),
        Some(Noted::Bools(_)) => return Err(fields.wrong(pattern, "shorter than the model is deep")),
        _ => {
            let every = fields.size(pattern)?.unwrap_or(6);
            (1..=layers).map(|layer| layer % every != 0).collect()
        }
    };
    let names: Vec<&str> = is_windowed.iter().map(|windowed| if *windowed { "\"sliding_attention\"" } else { "\"full_attention\"" }).collect();
    Ok(format!("[{}]", names.join(",")))
}

/// How rotary positions are stretched, as an object of transformers' `rope_scaling`.
fn rope_scaling(fields: &Fields<'_>, longest: u64, source: &dyn Source) -> Result<Option<String>> {
    if let Some(held) = fields.tensor(FACTORS) {
        let count = held.width();
        if held.blocks.name != "F32" || held.shape.len() != 1 || count > MOST_FACTORS {
            return Err(format!("{FACTORS} of shape {:?} and type {} is no list of a few float32 numbers", held.shape, held.blocks.name));
        }
        let mut bytes = vec![0; held.bytes as usize];
        source.read(held.offset, &mut bytes)?;
        let factors: Vec<f32> = bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
        if !factors.iter().all(|factor| factor.is_finite() && *factor > 0.0) {
            return Err(format!("{FACTORS} has a number that is not above zero"));
        }
        // `longrope` is transformers' name for a factor for each frequency.
        let mut scaling = Object::new();
        scaling.text("rope_type", "longrope");
        scaling.is("long_factor", format!("{factors:?}"));
        scaling.is("short_factor", format!("{factors:?}"));
        scaling.is("attention_factor", "1.0");
        scaling.is("original_max_position_embeddings", longest);
        return Ok(Some(scaling.end()));
    }
    let factor = fields.float("rope.scaling.factor")?.or(fields.float("rope.scale_linear")?);
    let kind = fields.text("rope.scaling.type").unwrap_or(if factor.is_some() { "linear" } else { "none" });
    let Some(factor) = factor.filter(|factor| kind != "none" && factor != "0" && factor != "1") else { return Ok(None) };
    let mut scaling = Object::new();
    scaling.text("rope_type", kind);
    scaling.is("factor", factor);
    match kind {
        "linear" => {}
        "yarn" => {
            scaling.is("original_max_position_embeddings", fields.needed("rope.scaling.original_context_length")?);
            for (theirs, ours) in [("yarn_beta_fast", "beta_fast"), ("yarn_beta_slow", "beta_slow")] {
                if let Some(number) = fields.float(&format!("rope.scaling.{theirs}"))? {
                    scaling.is(ours, number);
                }
            }
            if fields.float("rope.scaling.attn_factor")?.is_some_and(|factor| factor != "1") {
                return Err(fields.wrong("rope.scaling.attn_factor", "not 1, which is not read here"));
            }
        }
        _ => return Err(fields.wrong("rope.scaling.type", &format!("{kind}; linear and yarn are read here"))),
    }
    Ok(Some(scaling.end()))
}

/// A JSON object that is being written.
struct Object(String);

impl Object {
    fn new() -> Object {
        Object(String::new())
    }

    /// A member whose value is JSON already.
    fn is(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = write!(self.0, "{}\"{name}\": {value}", if self.0.is_empty() { "{" } else { ", " });
    }

    fn text(&mut self, name: &str, value: &str) {
        let mut quoted = String::new();
        quote(&mut quoted, value);
        self.is(name, quoted);
    }

    fn end(self) -> String {
        self.0 + "}"
    }
}
