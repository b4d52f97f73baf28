//! GGUF files that are what they say, and files that are not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::rc::Rc;

use checkpoint::gguf::Gguf;
use checkpoint::{File, Source};
use tensor::Engine;

/// A GGUF file that is being written.
#[derive(Clone, Default)]
struct Written {
    notes: Vec<(String, Vec<u8>)>,
    tensors: Vec<Vec<u8>>,
    data: Vec<u8>,
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

impl Written {
    /// A Llama of one layer without most of its tensors.
    fn llama() -> Written {
        let mut file = Written::default();
        file.note("general.architecture", 8, &text("llama"));
        for (field, value) in [("context_length", 64u32), ("embedding_length", 8), ("block_count", 1), ("feed_forward_length", 8), ("attention.head_count", 2)] {
            file.note(&format!("llama.{field}"), 4, &value.to_le_bytes());
        }
        file.note("llama.attention.layer_norm_rms_epsilon", 6, &1e-5f32.to_le_bytes());
        file.tensor("token_embd.weight", &[8, 3], 0, 0);
        file.tensor("blk.0.attn_q.weight", &[8, 8], 1, 96);
        file.data = (0..96u32).map(|n| n as u8).chain((0..64u16).flat_map(u16::to_le_bytes)).collect();
        file
    }

    fn note(&mut self, name: &str, kind: u32, value: &[u8]) -> &mut Written {
        self.notes.push((name.into(), [&kind.to_le_bytes(), value].concat()));
        self
    }

    fn tensor(&mut self, name: &str, shape: &[u64], kind: u32, offset: u64) -> &mut Written {
        let shape = [&(shape.len() as u32).to_le_bytes()[..], &shape.iter().flat_map(|size| size.to_le_bytes()).collect::<Vec<u8>>()].concat();
        self.tensors.push([text(name), shape, kind.to_le_bytes().to_vec(), offset.to_le_bytes().to_vec()].concat());
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend((self.tensors.len() as u64).to_le_bytes());
        bytes.extend((self.notes.len() as u64).to_le_bytes());
        self.notes.iter().for_each(|(name, value)| bytes.extend([text(name), value.clone()].concat()));
        bytes.extend(self.tensors.concat());
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend(&self.data);
        bytes
    }
}

fn open(bytes: Vec<u8>) -> Result<Gguf, String> {
    Gguf::open(Rc::new(bytes))
}

fn all(source: &dyn Source) -> Vec<u8> {
    let mut bytes = vec![0; source.length() as usize];
    source.read(0, &mut bytes).unwrap();
    bytes
}

#[test]
fn names_shapes_and_rows_are_those_of_transformers() {
    let gguf = open(Written::llama().bytes()).unwrap();
    let file = File::open(gguf.source("model.safetensors").unwrap().unwrap()).unwrap();
    let described: Vec<(&str, &str, &[usize])> = file.entries().iter().map(|entry| (entry.name.as_str(), entry.stored.name, entry.shape.as_slice())).collect();
    assert_eq!(described, [("model.embed_tokens.weight", "F32", &[3, 8][..]), ("model.layers.0.self_attn.q_proj.weight", "F16", &[8, 8])]);
    let engine = Engine::cpu();
    let tensor = file.load(&engine, file.entry("model.layers.0.self_attn.q_proj.weight").unwrap()).unwrap();
    let rows: Vec<u8> = engine.values(&tensor).unwrap().bytes().chunks_exact(16).map(|row| row[0] / 8).collect();
    assert_eq!(rows, [0, 2, 1, 3, 4, 6, 5, 7], "each head has its first half first");
    let config = String::from_utf8(all(&*gguf.source("config.json").unwrap().unwrap())).unwrap();
    assert!(config.contains(r#""num_key_value_heads": 2, "head_dim": 4,"#) && config.contains(r#""rms_norm_eps": 0.00001,"#), "{config}");
    assert!(gguf.source("tokenizer.json").unwrap().is_none() && gguf.source("other").unwrap().is_none());
}

/// Whatever slices the device asks for, it gets the same bytes.
#[test]
fn slices_are_parts_of_the_whole() {
    for name in ["llama", "qwen3", "gemma3"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/gguf/{name}/model.gguf"));
        let gguf = open(fs::read(path).unwrap()).unwrap();
        let source = gguf.source("model.safetensors").unwrap().unwrap();
        let whole = all(&*source);
        for size in [4099, 100_003] {
            let mut begin = 0;
            while begin < whole.len() {
                let end = (begin + size).min(whole.len());
                let mut slice = vec![0; end - begin];
                source.read(begin as u64, &mut slice).unwrap();
                assert!(slice == whole[begin..end], "{name} from {begin} to {end}");
                begin = end;
            }
        }
        assert!(source.read(whole.len() as u64, &mut [0]).is_err());
    }
}

#[test]
fn what_cannot_be_is_refused_in_a_sentence() {
    let noted = |name: &str, kind: u32, value: &[u8]| Written::llama().note(name, kind, value).bytes();
    let held = |name: &str, shape: &[u64], kind: u32, offset: u64| Written::llama().tensor(name, shape, kind, offset).bytes();
    let counts = |tensors: u64, notes: u64| [b"GGUF\x03\0\0\0", &tensors.to_le_bytes()[..], &notes.to_le_bytes()].concat();
    let long = u64::MAX.to_le_bytes();
    let list = |kind: u32, length: u64| [&kind.to_le_bytes()[..], &length.to_le_bytes()].concat();
    let set = |field: &'static str, kind: u32, value: Vec<u8>| {
        let mut file = Written::llama();
        file.notes.retain(|(name, _)| name != field);
        file.note(field, kind, &value).bytes()
    };
    let size = |value: u32| value.to_le_bytes().to_vec();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "its beginning is said to have 4 bytes, and only 0 follow"),
        (b"GGUX\x03\0\0\0".to_vec(), "it is no GGUF file"),
        (b"GGUF\x01\0\0\0".to_vec(), "its version is 1; 2 and 3 are read here"),
        (b"GGUF\0\0\0\x03".to_vec(), "its numbers are big-endian"),
        (b"GGUF\x03\0\0\0\0".to_vec(), "its number of tensors is said to have 8 bytes, and only 1 follow"),
        (counts(0, u64::MAX), "the list of its notes would make its header longer"),
        (counts(0, 1 << 40), "the list of its notes is said to have"),
        (counts(1 << 40, 0), "the list of its tensors is said to have"),
        (noted("a", 8, &long), "what is noted as \"a\" is said to have 18446744073709551615 bytes"),
        (noted("a", 8, &[1, 0, 0, 0, 0, 0, 0, 0, 0xff]), "what is noted as \"a\" is no UTF-8 text"),
        (noted("a", 9, &list(0, 1 << 50)), "what is noted as \"a\" is said to have"),
        (noted("a", 9, &list(12, u64::MAX)), "would make its header longer"),
        (noted("a", 9, &list(8, 1 << 50)), "is said to have"),
        (noted("a", 9, &list(9, 1)), "is a list of things of the type 9"),
        (noted("a", 99, &[]), "has the type 99, which no GGUF file has"),
        (noted("llama.block_count", 0, &[1]), "\"llama.block_count\" is noted twice"),
        (noted("general.alignment", 4, &size(0)), "its alignment is no power of two"),
        (noted("general.alignment", 4, &size(48)), "its alignment is no power of two"),
        (noted("split.count", 2, &[3, 0]), "it is one part of several"),
        (held("a", &[1, 1, 1, 1, 1], 0, 0), "the tensor \"a\" has 5 dimensions"),
        (held("a", &[1 << 40, 1 << 40], 0, 0), "the tensor \"a\" of shape [1099511627776, 1099511627776] needs more bytes"),
        (held("a", &[1 << 62], 0, 0), "needs more bytes than there are numbers for"),
        (held("a", &[256], 13, 0), "the tensor \"a\" is stored as Q5_K, which is not read here; F32, F16"),
        (held("a", &[256], 77, 0), "the tensor \"a\" is stored as type 77"),
        (held("a", &[48], 8, 0), "the tensor \"a\" has rows of 48 numbers, which Q8_0 blocks of 32 do not fill"),
        (held("a", &[1], 0, 4), "the tensor \"a\" begins at byte 4 of the data, which is no multiple of 32"),
        (held("a", &[1], 0, 32), "the tensors \"token_embd.weight\" and \"a\" overlap"),
        (held("a", &[9], 0, 224), "the tensor \"a\" of 36 bytes begins at byte 224 of the data, and the file holds only 224"),
        (held("a", &[1], 0, u64::MAX - 31), "it is cut off"),
        (held("token_embd.weight", &[0], 0, 224), "it has the tensor \"token_embd.weight\" twice"),
        (Written { tensors: Vec::new(), ..Written::llama() }.bytes(), "it has no token_embd.weight"),
        (set("general.architecture", 8, text("mamba")), "its architecture is mamba; llama, qwen3 and gemma3 are read"),
        (set("llama.attention.head_count", 4, size(0)), "llama.attention.head_count is not one number of the right size"),
        (set("llama.attention.head_count", 4, size(3)), "the tensor \"blk.0.attn_q.weight\" of shape [8, 8] does not have 3 heads"),
        (set("llama.block_count", 8, text("one")), "llama.block_count is not one number"),
        (set("llama.rope.dimension_count", 4, size(2)), "llama.rope.dimension_count is not 4, the width of a head"),
        (set("llama.expert_count", 4, size(8)), "it has a mixture of experts"),
        (set("llama.attention.layer_norm_rms_epsilon", 6, f32::NAN.to_le_bytes().to_vec()), "is no number"),
    ];
    for (bytes, sentence) in cases {
        let refusal = open(bytes).err().unwrap_or_default();
        assert!(refusal.contains(sentence), "{refusal:?} instead of {sentence:?}");
    }
    let whole = Written::llama().bytes();
    for length in 0..whole.len() {
        assert!(open(whole[..length].to_vec()).is_err(), "{length} of {} bytes", whole.len());
    }
}

/// A list of texts as the file has it.
fn texts(list: &[&str]) -> Vec<u8> {
    [&8u32.to_le_bytes()[..], &(list.len() as u64).to_le_bytes(), &list.iter().flat_map(|item| text(item)).collect::<Vec<u8>>()].concat()
}

/// A file with a vocabulary, and its `tokenizer.json`.
fn tokenizer(kind: &str, tokens: &[&str], more: &[(&str, u32, Vec<u8>)]) -> Result<String, String> {
    let mut file = Written::llama();
    file.note("tokenizer.ggml.model", 8, &text(kind)).note("tokenizer.ggml.tokens", 9, &texts(tokens));
    more.iter().for_each(|(field, kind, value)| drop(file.note(&format!("tokenizer.ggml.{field}"), *kind, value).bytes()));
    let source = open(file.bytes())?.source("tokenizer.json")?.unwrap();
    let text = String::from_utf8(all(&*source)).unwrap();
    let mut reader = json::Reader::new(&text);
    while reader.next_event().unwrap().is_some() {}
    Ok(text)
}

#[test]
fn a_vocabulary_is_a_tokenizer_json_or_refused_in_a_sentence() {
    let kinds = |kinds: &[u32]| [&4u32.to_le_bytes()[..], &(kinds.len() as u64).to_le_bytes(), &kinds.iter().flat_map(|kind| kind.to_le_bytes()).collect::<Vec<u8>>()].concat();
    let scores = |scores: &[f32]| [&6u32.to_le_bytes()[..], &(scores.len() as u64).to_le_bytes(), &scores.iter().flat_map(|score| score.to_le_bytes()).collect::<Vec<u8>>()].concat();
    let begin = ("bos_token_id", 4, 0u32.to_le_bytes().to_vec());
    let rule = |name: &str| ("pre", 8, text(name));
    let merges = ("merges", 9, texts(&["a \"", "a\" a"]));
    let llama3 = tokenizer("gpt2", &["<s>", "a", "\"", "a\"", "a\"a"], &[rule("llama-bpe"), merges.clone(), begin.clone(), ("token_type", 9, kinds(&[3, 1, 1, 1, 1]))]).unwrap();
    for part in [
        r#""added_tokens":[{"id":0,"content":"<s>","#,
        r#""vocab":{"<s>":0,"a":1,"\"":2,"a\"":3,"a\"a":4},"merges":["a \"","a\" a"]"#,
        r#""single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]"#,
        r#"\\p{N}{1,3}"#,
    ] {
        assert!(llama3.contains(part), "{part} is not in {llama3}");
    }
    // The whole that scores highest is merged first; a control token is no part of any.
    let pieces = ["<s>", "a", "b", "ab", "abb", "a<s>"];
    let score = scores(&[0.0, -3.0, -3.0, -2.0, -1.0, 0.0]);
    let sentence_piece = tokenizer("llama", &pieces, &[("scores", 9, score), begin, ("token_type", 9, kinds(&[3, 1, 1, 1, 1, 1]))]).unwrap();
    assert!(sentence_piece.contains(r#""merges":["ab b","a b"]"#), "{sentence_piece}");
    for (refused, sentence) in [
        (tokenizer("bert", &["a"], &[]), "its vocabulary is of the kind bert"),
        (tokenizer("gpt2", &["a"], &[rule("qwen2")]), "its vocabulary has no tokenizer.ggml.merges"),
        (tokenizer("gpt2", &["a"], &[rule("tekken"), merges]), "its vocabulary cuts words by the rule tekken"),
        (tokenizer("llama", &["a"], &[]), "tokenizer.ggml.scores does not have a number for each token"),
        (tokenizer("llama", &["a"], &[("token_type", 9, kinds(&[1, 1]))]), "tokenizer.ggml.token_type does not have a number for each token"),
    ] {
        assert!(refused.clone().err().unwrap_or_default().contains(sentence), "{refused:?} instead of {sentence}");
    }
}

/// A file may be any bytes: whatever they are, there is an answer.
#[test]
fn no_change_of_a_byte_is_fatal() {
    let mut file = Written::llama();
    file.note("tokenizer.ggml.model", 8, &text("llama"));
    file.note("tokenizer.ggml.tokens", 9, &[&8u32.to_le_bytes()[..], &2u64.to_le_bytes(), &text("a"), &text("aa")].concat());
    file.note("tokenizer.ggml.scores", 9, &[&6u32.to_le_bytes()[..], &2u64.to_le_bytes(), &[0; 8]].concat());
    file.tensor("rope_freqs.weight", &[2], 0, 224);
    file.data.extend([1.0f32, 2.0].map(f32::to_le_bytes).concat());
    let good = file.bytes();
    let engine = Engine::cpu();
    assert!(open(good.clone()).is_ok());
    for position in 0..good.len() - file.data.len() {
        for change in [0u8, 1, 2, 3, 8, 9, 12, b'0', 0x7f, 0xff] {
            let mut bytes = good.clone();
            bytes[position] = change;
            let Ok(gguf) = open(bytes) else { continue };
            let _ = gguf.source("tokenizer.json");
            if let Ok(file) = File::open(gguf.source("model.safetensors").unwrap().unwrap()) {
                file.entries().iter().for_each(|entry| drop(file.load(&engine, entry)));
            }
        }
    }
}
