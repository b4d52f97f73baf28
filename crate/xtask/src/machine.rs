//! Makes a fresh machine able to build and to test: Rust by rustup and Node are there, the rest is installed here.

use std::path::Path;
use std::process::Command;

use crate::shell::{cargo, command, output, root, run, succeeds};

pub const WASM: &str = "wasm32-unknown-unknown";

/// Debian's Rust for the web, for machines whose rustup cannot reach its server.
const DEBIAN_RUST: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// What tests and benchmark need beyond the build: a line of shell that succeeds where it is there, and its Debian package.
const NEEDS: [(&str, &str); 4] = [
    ("command -v chromium", "chromium"),
    ("command -v firefox-esr", "firefox-esr"),
    // The driver of a GPU in software, and the loader that finds it.
    ("ls /usr/share/vulkan/icd.d/lvp_icd*", "mesa-vulkan-drivers"),
    ("PATH=$PATH:/sbin ldconfig -p | grep libvulkan.so.1", "libvulkan1"),
];

/// A cargo that can build for wasm.
pub fn wasm_cargo(arguments: &[&str]) -> Result<Command, String> {
    let target_is_installed = || {
        output(&mut command("rustc", &["--print", "target-libdir", "--target", WASM]))
            .is_some_and(|directory| Path::new(&directory).is_dir())
    };
    if target_is_installed() {
        return Ok(cargo(arguments));
    }
    eprintln!("The wasm target is not installed; `rustup target add {WASM}` …");
    if succeeds(&mut command("rustup", &["target", "add", WASM])) && target_is_installed() {
        return Ok(cargo(arguments));
    }
    if debian_has(&DEBIAN_RUST) || (succeeds(&mut command("apt-get", &["--version"])) && apt_get(&DEBIAN_RUST).is_ok()) {
        return Ok(debian_wasm_cargo(arguments));
    }
    Err(format!(
        "this machine's Rust cannot build for {WASM}: run `rustup target add {WASM}`, \
         or on Debian `apt-get install {}`.",
        DEBIAN_RUST.join(" ")
    ))
}

/// Installs the npm packages of `directory` as its `package-lock.json` pins them, unless they are there.
pub fn npm_packages(directory: &str) -> Result<(), String> {
    let directory = root().join(directory);
    let modified = |file: &str| directory.join(file).metadata().and_then(|data| data.modified()).ok();
    // npm writes this file last, so it is older than the lock exactly when an install is due.
    if modified("node_modules/.package-lock.json") >= modified("package-lock.json") {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(command(npm, &["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&directory))
        .map_err(|sentence| format!("{sentence} Node 20 with npm is needed (nodejs.org)."))?;
    // `npm ci` may keep the time of an archive: say that it is done now.
    let done = directory.join("node_modules/.package-lock.json");
    std::fs::read(&done).and_then(|content| std::fs::write(&done, content)).map_err(|error| error.to_string())
}

/// Installs the browsers and the software GPU that the tests run on, unless they are there.
pub fn test_packages() -> Result<(), String> {
    packages(&NEEDS.map(|(_, package)| package))
}

/// Installs those of `NEEDS` that are named and not there.
pub fn packages(names: &[&str]) -> Result<(), String> {
    let is_missing = |probe: &str| !succeeds(&mut command("sh", &["-c", probe]));
    let named = NEEDS.iter().filter(|(_, package)| names.contains(package));
    let missing: Vec<&str> = named.filter(|(probe, _)| is_missing(probe)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("Installing {} …", missing.join(", "));
    apt_get(&missing).map_err(|sentence| {
        format!("{sentence} It needs {}: install them and start again.", missing.join(", "))
    })
}

fn apt_get(packages: &[&str]) -> Result<(), String> {
    let sudo = output(&mut command("id", &["-u"])).is_some_and(|user| user != "0");
    let apt_get = |arguments: &[&str]| {
        let mut words = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"];
        if sudo {
            words.insert(0, "sudo");
        }
        words.extend(arguments);
        // What apt-get tells goes to stderr, where it cannot be taken for a program's output.
        run(command(words[0], &words[1..]).stdout(std::io::stderr()))
    };
    apt_get(&["update"])?;
    apt_get(&[&["install", "--no-install-recommends"], packages].concat())
}

fn debian_has(packages: &[&str]) -> bool {
    packages.iter().all(|package| {
        output(&mut command("dpkg-query", &["-W", "-f=${Status}", package])).is_some_and(|s| s.ends_with(" installed"))
    })
}

/// Debian's cargo with `std` built from Debian's source: it ships none for the bare wasm target.
fn debian_wasm_cargo(arguments: &[&str]) -> Command {
    let mut cargo = command("/usr/bin/cargo", arguments);
    cargo
        .args(["-Z", "build-std=std,panic_abort"])
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19")
        // rustup tells its children which toolchain they are; Debian's is none of its own.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO");
    cargo
}
