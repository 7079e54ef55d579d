//! Scenes in archives and on servers: the same bytes as from the disk.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use crate::data::cocal;

const TILE: &str = "sample_tiles/tiles/T1_2024-04-09.tif";

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A zip archive with one stored file (PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16).
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut crc = !0_u32;
    for byte in content {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let size = content.len() as u32;
    // Version 2.0, no flags, stored, 1 January 1980, checksum, sizes, length of the name, no extra field.
    let mut about = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
    [!crc, size, size].iter().for_each(|number| about.extend(number.to_le_bytes()));
    about.extend((name.len() as u32).to_le_bytes());
    let mut archive = [b"PK\x03\x04", about.as_slice(), name.as_bytes(), content].concat();
    let directory = archive.len() as u32;
    archive.extend([b"PK\x01\x02\x14\x00", about.as_slice(), &[0; 14], name.as_bytes()].concat());
    let length = archive.len() as u32 - directory;
    archive.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    archive.extend([length.to_le_bytes(), directory.to_le_bytes()].concat());
    archive.extend([0, 0]);
    archive
}

/// Serves one file with byte ranges, for as long as the process lives; gives its address.
fn serve(content: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let content = content.clone();
            std::thread::spawn(move || answer(stream.unwrap(), &content));
        }
    });
    format!("http://{address}/")
}

fn answer(stream: TcpStream, content: &[u8]) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let request = lines.next().unwrap_or_default();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let range = headers.iter().find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let (mut status, mut part) = ("200 OK".to_owned(), 0..content.len());
    if !request.contains(".tif ") {
        (status, part) = ("404 Not Found".to_owned(), 0..0);
    } else if let Some((first, last)) = range.as_deref().and_then(|range| range.split_once('-')) {
        let last: usize = last.parse().map_or(content.len(), |last: usize| (last + 1).min(content.len()));
        part = first.parse().unwrap()..last;
        status = format!("206 Partial Content\r\nContent-Range: bytes {}-{}/{}", part.start, last - 1, content.len());
    }
    let head = format!(
        "HTTP/1.1 {status}\r\nAccept-Ranges: bytes\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        part.len()
    );
    let body = if request.starts_with("HEAD") { &[] } else { &content[part] };
    // The reader may have gone away.
    let _ = (&stream).write_all(&[head.as_bytes(), body].concat());
}

#[test]
fn scenes_in_archives_and_on_servers_are_mapped_as_from_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let content = std::fs::read(sample(TILE)).unwrap();
    let archive = folder.path().join("tiles.zip");
    std::fs::write(&archive, zip("T1_2024-04-09.tif", &content)).unwrap();
    let server = serve(content);
    let host = server.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let model = folder.path().join("model.cocal");
    let mut train = cocal();
    train.arg("train").arg("--project").arg(sample("sample_tiles/cocal.toml")).arg("--samples");
    train.arg(sample("sample_tiles/training.geojson")).args(["--class-field", "class", "--quiet", "-o"]).arg(&model);
    train.assert().success();
    let classes = |name: &str, scene: &str| {
        let out = folder.path().join(name);
        let mut classify = cocal();
        classify.env("no_proxy", "127.0.0.1").arg("classify").arg("--model").arg(&model).arg("-o").arg(&out).arg(scene);
        classify.args(["--quiet", "--allow-host", &host]).assert().success();
        std::fs::read(out.join("class_T1_2024-04-09.tif")).unwrap()
    };
    let from_disk = classes("disk", sample(TILE).to_str().unwrap());
    assert!(from_disk == classes("zip", &format!("/vsizip/{}/T1_2024-04-09.tif", archive.display())), "/vsizip/");
    assert!(from_disk == classes("curl", &format!("/vsicurl/{server}T1_2024-04-09.tif")), "/vsicurl/");
    let inspect = |more: &[&str]| {
        let mut inspect = cocal();
        inspect.env("no_proxy", "127.0.0.1").arg("inspect").arg(format!("/vsicurl/{server}none")).args(more);
        inspect.output().unwrap()
    };
    let fenced = inspect(&[]);
    assert_eq!(fenced.status.code(), Some(1));
    let told = String::from_utf8_lossy(&fenced.stderr).into_owned();
    assert!(told.contains(&format!("--allow-host {host}")) && !told.contains("404"), "{told}");
    let missing = inspect(&["--allow-host", &host]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("404"), "{missing:?}");
}
