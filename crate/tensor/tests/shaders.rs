//! Every shader is a whole file that WGSL's own tools accept, within what WebGPU promises everywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use naga::proc::Layouter;
use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, Module};
use tensor::ops;

/// WebGPU's default limits.
const WORKGROUP_INVOCATIONS: u32 = 256;
const WORKGROUP_BYTES: u32 = 16 << 10;
const STORAGE_BINDINGS: usize = 8;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shaders")
}

/// The `.wgsl` files of a folder by their stems.
fn shaders(folder: &Path) -> BTreeMap<String, String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "wgsl"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn parse(name: &str, text: &str) -> Module {
    naga::front::wgsl::parse_str(text).unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(text)))
}

#[test]
fn every_shader_is_the_twin_of_an_operation() {
    let files: BTreeSet<String> = shaders(&folder()).into_keys().collect();
    let mut operations: BTreeSet<String> = ops::ALL.iter().map(|description| description.name.to_string()).collect();
    // Of several operations at a time: `gpu/fusion.rs`.
    operations.insert("fused".into());
    assert_eq!(files, operations);
}

#[test]
fn every_shader_is_valid_without_any_extension() {
    for (name, text) in shaders(&folder()) {
        let module = parse(&name, &text);
        let result = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module);
        assert!(result.is_ok(), "{name}: {}", result.unwrap_err().emit_to_string(&text));
        for directive in ["enable ", "requires ", "diagnostic("] {
            assert!(!text.lines().any(|line| line.starts_with(directive)), "{name} asks for an extension");
        }
    }
}

#[test]
fn every_shader_keeps_within_the_default_limits() {
    for (name, text) in shaders(&folder()) {
        let module = parse(&name, &text);
        assert!(!module.entry_points.is_empty(), "{name} has no entry point");
        let info = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module).unwrap();
        let mut layouter = Layouter::default();
        layouter.update(module.to_ctx()).unwrap();
        for (number, entry) in module.entry_points.iter().enumerate() {
            let invocations: u32 = entry.workgroup_size.iter().product();
            assert!(invocations <= WORKGROUP_INVOCATIONS, "{name}: {} has {invocations} invocations", entry.name);
            let uses = info.get_entry_point(number);
            let is_shared = |space| space == AddressSpace::WorkGroup;
            let shared = module.global_variables.iter().filter(|&(handle, variable)| is_shared(variable.space) && !uses[handle].is_empty());
            let bytes: u32 = shared.map(|(_, variable)| layouter[variable.ty].size).sum();
            assert!(bytes <= WORKGROUP_BYTES, "{name}: {} shares {bytes} bytes in a workgroup", entry.name);
        }
    }
}

#[test]
fn bindings_are_the_parameters_then_the_inputs_then_the_output() {
    for (name, text) in shaders(&folder()) {
        let module = parse(&name, &text);
        let mut spaces: BTreeMap<u32, AddressSpace> = BTreeMap::new();
        for (_, variable) in module.global_variables.iter() {
            let Some(binding) = &variable.binding else { continue };
            assert_eq!(binding.group, 0, "{name} binds in another group than 0");
            // Two names for one binding are two ways to look at one buffer.
            assert_eq!(*spaces.entry(binding.binding).or_insert(variable.space), variable.space, "{name} {}", binding.binding);
        }
        let spaces: Vec<(u32, AddressSpace)> = spaces.into_iter().collect();
        let (parameters, storages) = spaces.split_first().unwrap();
        assert_eq!(*parameters, (0, AddressSpace::Uniform), "{name}");
        assert!(storages.len() <= STORAGE_BINDINGS, "{name} binds {} storages", storages.len());
        for (number, (binding, space)) in storages.iter().enumerate() {
            assert_eq!(*binding as usize, number + 1, "{name} leaves a binding out");
            let writes = matches!(space, AddressSpace::Storage { access } if access.contains(naga::StorageAccess::STORE));
            let is_output = number + 1 == storages.len();
            assert!(writes == is_output, "{name}: binding {binding} is {}", if writes { "written" } else { "only read" });
        }
    }
}

/// WGSL has no import: what shaders share they repeat between two marks, and `shaders/shared` has the one source.
/// After a change there, `SHARE=1 cargo test -p tensor --test shaders` repeats it everywhere.
#[test]
fn shared_blocks_are_those_of_their_source() {
    let sources = shaders(&folder().join("shared"));
    let mut used = BTreeSet::new();
    for (name, text) in shaders(&folder()) {
        let repeated = with_shared_blocks(&text, &sources, &mut used);
        if text != repeated && std::env::var_os("SHARE").is_some() {
            fs::write(folder().join(format!("{name}.wgsl")), repeated).unwrap();
        } else {
            assert!(text == repeated, "{name}.wgsl repeats a block that differs from its source in shaders/shared");
        }
    }
    assert_eq!(used, sources.into_keys().collect(), "a shared block that no shader repeats");
}

/// The shader with what stands between `// begin shared NAME` and `// end shared NAME` taken from the source.
fn with_shared_blocks(text: &str, sources: &BTreeMap<String, String>, used: &mut BTreeSet<String>) -> String {
    let mut result = String::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("// begin shared ") {
            let source = sources.get(name).unwrap_or_else(|| panic!("there is no shaders/shared/{name}.wgsl"));
            result.push_str(&format!("{line}\n{source}"));
            used.insert(name.to_string());
            block = Some(name.to_string());
        } else if block.as_ref().is_some_and(|name| line == format!("// end shared {name}")) {
            result.push_str(&format!("{line}\n"));
            block = None;
        } else if block.is_none() {
            result.push_str(&format!("{line}\n"));
        }
    }
    assert_eq!(block, None, "a shared block without an end");
    result
}
