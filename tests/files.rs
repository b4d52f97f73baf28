//! Programs read the files that they are given, as they do under Python, and no others.
//!
//! `tests/files/reading.out` is what `tests/files/reading.py` printed under PyTorch with the arguments `a --b`, run from
//! `tests/checkpoints`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[test]
fn files_are_read_as_python_reads_them() {
    for device in ["cpu", "webgpu"] {
        let output = playground(&["run", "--device", device, "--files", "tests", "--from", "checkpoints", "tests/files/reading.py", "--", "a", "--b"], "");
        let expected = fs::read_to_string(root().join("tests/files/reading.out")).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "on {device}");
        let traceback = "Traceback (most recent call last):\n\
            \x20 File \"tests/files/reading.py\", line 85, in <module>\n\
            \x20 File \"neighbour.py\", line 19, in fail\n\
            KeyError: 'missing'\n";
        assert!(said(&output).ends_with(traceback), "on {device}: {}", said(&output));
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn nothing_outside_the_folder_is_reached() {
    let folder = scratch("outside");
    fs::create_dir_all(folder.join("given/inner")).unwrap();
    fs::write(folder.join("secret.txt"), "secret").unwrap();
    fs::write(folder.join("given/open.txt"), "open").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.join("secret.txt"), folder.join("given/link.txt")).unwrap();
    let given = folder.join("given").display().to_string();
    let secret = folder.join("secret.txt").display().to_string();
    for path in ["../secret.txt", "inner/../../secret.txt", &secret, "..\\secret.txt", "C:secret.txt"] {
        let output = playground(&["run", "--files", &given, "-"], &format!("print(open({path:?}).read())"));
        let refusal = "a program reads only the files that it was given";
        assert!(said(&output).contains("PermissionError: [Errno 13] Permission denied") && said(&output).contains(refusal), "{path}: {}", said(&output));
        assert!(output.stdout.is_empty());
    }
    #[cfg(unix)]
    assert!(said(&playground(&["run", "--files", &given, "-"], "open('link.txt')")).contains("PermissionError"));
    assert!(said(&playground(&["run", "--files", &given, "-"], "open('new.txt', 'w')")).contains("OSError: [Errno 30] Read-only file system: 'new.txt'"));
    assert!(said(&playground(&["run", "-"], "open('open.txt')")).contains("FileNotFoundError: [Errno 2] No such file or directory: 'open.txt'"));
    let inside = playground(&["run", "--files", &given, "--from", "inner", "-"], "print(open('../open.txt').read())");
    assert_eq!(String::from_utf8_lossy(&inside.stdout), "open\n");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_program_says_its_status() {
    for (statement, code) in [("sys.exit()", 0), ("sys.exit(0)", 0), ("sys.exit(3)", 3), ("sys.exit('no')", 1)] {
        let output = playground(&["run", "-"], &format!("import sys\n{statement}"));
        assert_eq!(output.status.code(), Some(code), "{statement}");
        assert_eq!(said(&output).trim(), if code == 1 { "no" } else { "" });
    }
    for words in [&["run"][..], &["run", "--files", "nowhere", "-"], &["run", "nowhere.py"]] {
        assert_eq!(playground(words, "").status.code(), Some(2), "{words:?}");
    }
}

/// Every file here claims something that is not so; the sentence says what, and the run goes on to say it.
#[test]
fn malformed_checkpoints_are_refused_in_a_sentence() {
    let folder = scratch("malformed");
    fs::create_dir_all(&folder).unwrap();
    let whole = fs::read(root().join("tests/checkpoints/llama/model.safetensors")).unwrap();
    let header = |text: &str, data: usize| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &vec![0; data]].concat();
    let cases: [(Vec<u8>, &str); 7] = [
        (whole[..whole.len() - 10].to_vec(), "the tensor \"model.norm.weight\" ends at byte"),
        (whole[..4].to_vec(), "it has 4 bytes"),
        (whole[..100].to_vec(), "its header is said to have"),
        (header(r#"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,12]}}"#, 12), "the tensor \"a\" of shape [2, 3] and type F32 needs 24 bytes, and has 12"),
        (header(r#"{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}"#, 2), "the tensor \"a\" is stored as F8_E4M3"),
        (header(r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0), "more bytes than there are numbers for"),
        (u64::MAX.to_le_bytes().to_vec(), "more than a safetensors file may have"),
    ];
    for (bytes, sentence) in cases {
        fs::write(folder.join("model.safetensors"), bytes).unwrap();
        let program = "from safetensors.torch import load_file\nload_file('model.safetensors')";
        let output = playground(&["run", "--files", &folder.display().to_string(), "-"], program);
        assert!(said(&output).contains("SafetensorError: model.safetensors: ") && said(&output).contains(sentence), "{sentence}\n{}", said(&output));
        assert_eq!(output.status.code(), Some(1));
    }
    fs::remove_dir_all(folder).unwrap();
}

/// Runs the playground's command from the root, with a program on its stdin.
fn playground(words: &[&str], program: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attention-playground"));
    command.args(words).current_dir(root()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command line that is refused does not read it.
    let _ = child.stdin.take().unwrap().write_all(program.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder of this test's own, not there yet.
fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("playground-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
