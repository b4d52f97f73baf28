//! Every architecture gives what transformers gave: all of `tests/checkpoints`, on the CPU and on the GPU.
//!
//! `tests/checkpoints/check.py` is the check, and says what it measures; here it runs under this engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

#[test]
fn models_give_what_transformers_gave_on_the_cpu() {
    check_all("cpu");
}

/// A machine without a GPU runs this on Mesa's lavapipe, where the whole takes some minutes.
#[test]
fn models_give_what_transformers_gave_on_webgpu() {
    check_all("webgpu");
}

/// Checks all checkpoints, two at a time, prints what each measured, and fails with the list of those that are off.
fn check_all(device: &str) {
    let mut folders: Vec<PathBuf> = fs::read_dir(checkpoints()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("config.json").exists());
    folders.sort();
    assert!(folders.len() >= 16, "there are {} checkpoints", folders.len());
    let queue = Mutex::new(folders.iter());
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(folder) = queue.lock().unwrap().next() else { break };
                    let output = check(&checkpoints(), &name(folder), device, &[]);
                    reports.lock().unwrap().push((name(folder), output));
                }
            });
        }
    });
    let mut failed = Vec::new();
    for (name, output) in reports.into_inner().unwrap() {
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        println!("{name} on {device}\n{text}");
        if !output.status.success() {
            failed.push(format!("{name}: {text}"));
        }
    }
    assert!(failed.is_empty(), "{} of {} checkpoints on {device}:\n{}", failed.len(), folders.len(), failed.join("\n"));
}

/// A folder's name, its files, and what is said of them.
type Refused<'a> = (&'a str, &'a [(&'a str, &'a [u8])], &'a str);

/// Checkpoints whose files lie, or do not fit together: each is refused in a sentence, before it is computed with.
#[test]
fn checkpoints_that_do_not_fit_are_refused_in_a_sentence() {
    let top = std::env::temp_dir().join(format!("playground-{}-models", std::process::id()));
    let qwen3 = checkpoints().join("qwen3");
    let whole = fs::read(qwen3.join("model.safetensors")).unwrap();
    let config = fs::read_to_string(qwen3.join("config.json")).unwrap();
    let llama = fs::read(checkpoints().join("llama/model.safetensors")).unwrap();
    let wider = config.replace("\"intermediate_size\": 128", "\"intermediate_size\": 129");
    let unknown = config.replace("\"model_type\": \"qwen3\"", "\"model_type\": \"mystery\"");
    assert!(wider != config && unknown != config);
    let integers = fs::read(checkpoints().join("qwen3_int8/model.safetensors")).unwrap();
    let fp8 = config.replace("{\n", "{\"quantization_config\": {\"quant_method\": \"fp8\"},\n");
    let packed = fs::read_to_string(checkpoints().join("qwen3_int8/config.json")).unwrap().replace("int-quantized", "pack-quantized");
    let index = r#"{"weight_map": {"model.norm.weight": "part.safetensors"}}"#;
    let cases: [Refused<'_>; 11] = [
        ("fp8", &[("config.json", fp8.as_bytes()), ("model.safetensors", &whole)], "8-bit floats in blocks (fp8), which is not supported"),
        ("packed", &[("config.json", packed.as_bytes()), ("model.safetensors", &integers)], "in the format pack-quantized are not supported"),
        ("integers", &[("config.json", config.as_bytes()), ("model.safetensors", &integers)], "model.layers.0.mlp.down_proj.weight_scale of shape [64, 1] is not part"),
        ("empty", &[], "config.json: [Errno 2] No such file or directory"),
        ("no-json", &[("config.json", b"{\"model_type\": ")], "config.json: Expecting value: line 1 column 16"),
        ("unknown", &[("config.json", unknown.as_bytes()), ("model.safetensors", &whole)], "describes the architecture mystery"),
        ("no-weights", &[("config.json", config.as_bytes())], "No such file or directory: no-weights/model.safetensors"),
        ("truncated", &[("config.json", config.as_bytes()), ("model.safetensors", &whole[..whole.len() - 2])], "it is cut off"),
        ("other", &[("config.json", config.as_bytes()), ("model.safetensors", &llama)], "model.layers.0.self_attn.k_norm.weight of shape [16] is missing"),
        ("misshapen", &[("config.json", wider.as_bytes()), ("model.safetensors", &whole)], "model.layers.0.mlp.down_proj.weight has the shape [64, 128] and not [64, 129]"),
        ("no-part", &[("config.json", config.as_bytes()), ("model.safetensors.index.json", index.as_bytes())], "No such file or directory: no-part/part.safetensors"),
    ];
    for (name, files, sentence) in cases {
        let folder = top.join(name);
        fs::create_dir_all(&folder).unwrap();
        files.iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
        let output = check(&top, name, "cpu", &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(sentence) && !said.contains("Traceback"), "{name}: {said}");
        assert_eq!(output.status.code(), Some(1), "{name}");
    }
    fs::remove_dir_all(top).unwrap();
}

/// Every type of number that is read from a GGUF file, in the three architectures; `tests/gguf/make.py` made the files.
#[test]
fn gguf_files_give_what_transformers_gave() {
    for (device, name) in ["cpu", "webgpu"].into_iter().flat_map(|device| ["llama", "qwen3", "gemma3"].map(|name| (device, name))) {
        let output = check(&root().join("tests"), &format!("gguf/{name}"), device, &[]);
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        println!("{name} on {device}\n{text}");
        assert!(output.status.success(), "{name} on {device}: {text}");
    }
}

#[test]
fn a_checkpoint_larger_than_memory_is_refused_before_it_is_loaded() {
    let output = check(&checkpoints(), "qwen3", "cpu", &["--memory", "150000"]);
    let sentence = "the weights take 0.2 MB, and 0.1 MB of memory are free: a model of up to 73,728 parameters would fit, at two bytes each\n";
    assert_eq!((String::from_utf8_lossy(&output.stderr).as_ref(), output.stdout.len()), (sentence, 0));
    assert_eq!(output.status.code(), Some(1));
}

/// A folder of `tests/checkpoints`, what its names become, what else the file holds, and what its configuration becomes.
type Published<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str], &'a [(&'a str, &'a str)]);

/// Names as labs publish them, where transformers has others, and tensors that are not part of the language model.
#[test]
fn checkpoints_are_read_as_labs_publish_them() {
    let top = std::env::temp_dir().join(format!("playground-{}-published", std::process::id()));
    let wrapped = [("{\n", "{\"model_type\": \"gemma3\", \"text_config\": {\n"), ("\n}", "\n}, \"vision_config\": {}}")];
    let unnamed = [wrapped[0], ("\"model_type\": \"gemma4_text\",", ""), wrapped[1], ("gemma3", "gemma4")];
    let cases: [Published<'_>; 10] = [
        ("gpt2", &[("transformer.", "")], &["h.0.attn.bias", "h.1.attn.masked_bias", "lm_head.weight"], &[]),
        ("llama", &[], &["model.layers.0.self_attn.rotary_emb.inv_freq"], &[]),
        ("qwen3", &[], &["lm_head.weight"], &[]),
        ("gemma3", &[("model.", "language_model.model.")], &["vision_tower.a", "multi_modal_projector.b"], &wrapped),
        ("gemma3", &[("model.", "model.language_model.")], &["model.vision_tower.a", "model.multi_modal_projector.b"], &wrapped),
        ("gemma4_e2b", &[("model.", "model.language_model.")], &["model.audio_tower.a", "model.embed_vision.b"], &unnamed),
        ("deepseek_v3", &[], &["model.layers.2.eh_proj.weight", "model.layers.2.mlp.gate.weight"], &[]),
        ("deepseek_v4", &[("model.embed_tokens.", "embed."), ("model.hc_head.hc_", "hc_head_"), ("model.", "")], &["mtp.0.a"], &[]),
        ("qwen3_next", &[], &["mtp.fc.weight"], &[]),
        ("kimi_linear", &[("model.layers.0.block_sparse_moe.", "model.layers.0.mlp.")], &[], &[]),
    ];
    for (number, (folder, names, more, configuration)) in cases.iter().enumerate() {
        let (from, name) = (checkpoints().join(folder), format!("{folder}-{number}"));
        let to = top.join(&name);
        fs::create_dir_all(&to).unwrap();
        let mut config = fs::read_to_string(from.join("config.json")).unwrap();
        for (old, new) in *configuration {
            let changed = config.replacen(old, new, 1);
            assert!(changed != config, "{folder}: {old}");
            config = changed;
        }
        fs::write(to.join("config.json"), config).unwrap();
        fs::copy(from.join("expected.safetensors"), to.join("expected.safetensors")).unwrap();
        fs::write(to.join("model.safetensors"), renamed(&fs::read(from.join("model.safetensors")).unwrap(), names, more)).unwrap();
        let output = check(&top, &name, "cpu", &[]);
        assert!(output.status.success(), "{name}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    fs::remove_dir_all(top).unwrap();
}

/// A safetensors file with the beginnings of names changed, by the first that fits, and more names, of empty tensors.
fn renamed(file: &[u8], names: &[(&str, &str)], more: &[&str]) -> Vec<u8> {
    let (length, rest) = file.split_at(8);
    let (header, data) = rest.split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize);
    let mut header = String::from_utf8(header.to_vec()).unwrap();
    for (number, (old, _)) in names.iter().enumerate() {
        assert!(header.contains(&format!("\"{old}")), "{old}");
        header = header.replace(&format!("\"{old}"), &format!("\"{{{number}}}"));
    }
    for (number, (_, new)) in names.iter().enumerate() {
        header = header.replace(&format!("{{{number}}}"), new);
    }
    let more: Vec<String> = more.iter().map(|name| format!("{{\"{name}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}},")).collect();
    let header = more.iter().fold(header, |header, entry| format!("{entry}{}", &header.trim_start()[1..]));
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// Runs the check on the folder of this name among `files`, with `more` said on the command line.
fn check(files: &Path, name: &str, device: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_attention-playground"))
        .args(["run", "--device", device, "--modules", "www/programs/models", "--files"])
        .arg(files)
        .args(more)
        .args(["tests/checkpoints/check.py", "--", name])
        .current_dir(root())
        .output()
        .unwrap()
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

fn checkpoints() -> PathBuf {
    root().join("tests/checkpoints")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
