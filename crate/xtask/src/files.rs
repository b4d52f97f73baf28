//! A web server for the files of one directory, to this machine only.
//!
//! It is what any static host does, so that what works here works there, with the headers by which one isolates a page
//! from other origins: such a page may compute with several threads, and its clock tells 0.005 ms instead of 0.1.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Longer requests than any browser's are not read.
const LONGEST_REQUEST: u64 = 64 * 1024;
const ISOLATION: &str = "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n\
    Cross-Origin-Resource-Policy: cross-origin\r\n";
/// A connection that stays silent does not keep its thread.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens `port`, or where it is taken one that is free. 0 asks for a free one.
pub fn listen(port: u16) -> Result<TcpListener, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .map_err(|error| format!("no port of this machine can be opened: {error}."))
}

/// The address that a browser opens.
pub fn address(listener: &TcpListener) -> Result<String, String> {
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    Ok(format!("http://localhost:{port}/"))
}

/// Answers requests for the files of `directory`, for ever.
pub fn serve(listener: &TcpListener, directory: &Path) {
    for connection in listener.incoming().flatten() {
        let directory = directory.to_owned();
        // A browser that goes away in the middle of a file is no error of ours.
        thread::spawn(move || drop(answer(&connection, &directory)));
    }
}

fn answer(mut connection: &TcpStream, directory: &Path) -> std::io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(connection.take(LONGEST_REQUEST)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The headers say nothing that we answer differently, but a browser wants them read.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let (status, kind, body) = match request.split(' ').collect::<Vec<_>>()[..] {
        ["GET" | "HEAD", path, _] => match find(directory, path).and_then(|file| Some((kind(&file), fs::read(&file).ok()?))) {
            Some((kind, content)) => ("200 OK", kind, content),
            None => ("404 Not Found", "text/plain", b"There is no such file.\n".to_vec()),
        },
        _ => ("405 Method Not Allowed", "text/plain", b"Only GET and HEAD.\n".to_vec()),
    };
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         {ISOLATION}Cache-Control: no-cache\r\nConnection: close\r\n\r\n"
    )?;
    if !request.starts_with("HEAD") {
        connection.write_all(&body)?;
    }
    connection.flush()
}

/// The file that a request's path names; none where it is not there or would leave the directory.
fn find(directory: &Path, path: &str) -> Option<PathBuf> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = PathBuf::from(decoded(path)?.trim_start_matches('/'));
    let stays_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let file = directory.join(&path);
    let file = if file.is_dir() { file.join("index.html") } else { file };
    (stays_inside && file.is_file()).then_some(file)
}

/// Replaces `%20` and its like by the bytes they stand for.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// The media type that browsers want for a file; they start no module script and compile no streamed wasm without it.
fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json" | "map" | "ipynb") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("py" | "txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_request_cannot_leave_the_directory() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(find(source, "/Cargo.toml").is_some());
        assert!(find(source, "/src/main.rs?fresh=1").is_some());
        assert!(find(source, "/src/m%61in.rs").is_some());
        for outside in ["/../tensor/Cargo.toml", "/%2e%2e/tensor/Cargo.toml", "//etc/passwd/../passwd", "/src/%zz", "/%"] {
            assert_eq!(find(source, outside), None, "{outside}");
        }
    }

    #[test]
    fn a_taken_port_gives_way_to_a_free_one() {
        let first = listen(0).unwrap();
        let taken = first.local_addr().unwrap().port();
        let second = listen(taken).unwrap();
        assert_ne!(second.local_addr().unwrap().port(), taken);
    }

    #[test]
    fn files_are_served_with_their_kind() {
        let listener = listen(0).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || serve(&listener, Path::new(env!("CARGO_MANIFEST_DIR"))));
        let ask = |request: &str| {
            let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            connection.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            connection.read_to_string(&mut answer).unwrap();
            answer
        };
        let found = ask("GET /Cargo.toml HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert!(found.starts_with("HTTP/1.1 200") && found.contains("name = \"xtask\""), "{found}");
        assert!(ask("HEAD /Cargo.toml HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
        assert!(ask("GET /none HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
        assert!(ask("POST / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
    }
}
