//! What a text gives away: paths, people, machines, places. Looked for by form, so that an address of the web, "ha/year" or a
//! name with a slash is none of it.

use super::Rule;

/// Words that stand for somebody or some machine here.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Names of users.
    pub users: Vec<String>,
    /// Names of machines.
    pub hosts: Vec<String>,
}

/// Names that say nothing of anybody.
const GENERIC: [&str; 22] = [
    "root",
    "user",
    "users",
    "admin",
    "administrator",
    "ubuntu",
    "debian",
    "runner",
    "docker",
    "vscode",
    "guest",
    "test",
    "build",
    "builder",
    "home",
    "localhost",
    "node",
    "nobody",
    "default",
    "app",
    "coca",
    "cocal",
];
/// Words of every publication's files: a user or machine that is called so is not named by them.
const OF_THE_FILES: [&str; 32] = [
    "project",
    "census",
    "model",
    "report",
    "sample",
    "mask",
    "country",
    "publication",
    "municipality",
    "municipalities",
    "department",
    "cells",
    "cell",
    "hectares",
    "comparison",
    "validation",
    "change",
    "assessment",
    "lots",
    "colombia",
    "year",
    "class",
    "flag",
    "data",
    "public",
    "withheld",
    "observed",
    "coverage",
    "name",
    "level",
    "scenes",
    "settings",
];
/// Shorter words are found in any text.
const SHORTEST_NAME: usize = 4;
/// First folders of a path; one of these is enough.
const ROOTS: [&str; 24] = [
    "home",
    "Users",
    "root",
    "tmp",
    "var",
    "mnt",
    "media",
    "usr",
    "opt",
    "etc",
    "srv",
    "work",
    "workspace",
    "private",
    "Volumes",
    "scratch",
    "data",
    "datos",
    "export",
    "nfs",
    "lustre",
    "gpfs",
    "proc",
    "dev",
];
/// Tags of pictures that hold a place.
const GPS: [&str; 6] = ["gpslatitude", "gpslongitude", "exif_gps", "gpsposition", "gps:", "gpsaltitude"];

impl Names {
    /// Keeps the names that are of somebody.
    pub fn new(users: impl IntoIterator<Item = String>, hosts: impl IntoIterator<Item = String>) -> Self {
        let kept = |name: &String| {
            let lower = name.to_lowercase();
            let common = GENERIC.contains(&lower.as_str()) || OF_THE_FILES.contains(&lower.as_str());
            name.chars().count() >= SHORTEST_NAME && !common
        };
        let mut names =
            Self { users: users.into_iter().filter(kept).collect(), hosts: hosts.into_iter().filter(kept).collect() };
        names.users.dedup();
        names.hosts.dedup();
        names
    }

    /// What a text gives away: the rule and the words.
    pub fn find(&self, text: &str) -> Vec<(Rule, String)> {
        let mut found = Vec::new();
        for token in tokens(text) {
            if let Some(path) = path_in(token) {
                found.push((Rule::Path, path.to_owned()));
            } else if is_mail(token) {
                found.push((Rule::Mail, token.to_owned()));
            }
        }
        let word = |name: &&String| has_word(text, name);
        found.extend(self.users.iter().filter(word).map(|name| (Rule::User, name.clone())));
        found.extend(self.hosts.iter().filter(word).map(|name| (Rule::Host, name.clone())));
        let lower = text.to_lowercase();
        found.extend(GPS.iter().find(|tag| lower.contains(*tag)).map(|tag| (Rule::Gps, (*tag).to_owned())));
        found.extend(coordinates_in(text).map(|pair| (Rule::Coordinates, pair)));
        found.extend(pixel_in(&lower).map(|words| (Rule::PixelPosition, words)));
        found
    }
}

/// What bytes that are read as text give away for sure: a path below a known folder, a name. Chance makes short paths of any
/// bytes.
pub fn find_plain(names: &Names, text: &str) -> Vec<(Rule, String)> {
    let sure = |token: &&str| {
        let parts: Vec<&str> = token.split(['/', '\\']).collect();
        let home = parts.iter().any(|p| ["home", "Users", "Volumes", "mnt", "media", "tmp"].contains(p));
        home && parts.len() >= 3 && token.len() >= 10
    };
    let paths = tokens(text).filter_map(path_in).filter(sure).map(|path| (Rule::Path, path.to_owned()));
    let word = |name: &&String| has_word(text, name);
    let users = names.users.iter().filter(word).map(|name| (Rule::User, name.clone()));
    let hosts = names.hosts.iter().filter(word).map(|name| (Rule::Host, name.clone()));
    paths.chain(users).chain(hosts).collect()
}

/// Pieces between spaces, quotes and brackets, without what ends a sentence; addresses of the web are left out whole.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || "\"'`<>()[]{}".contains(c));
    let pieces = words.flat_map(|word| without_address(word).split([',', ';', '|', '=']));
    pieces.map(|t| t.trim_end_matches(['.', ':', '!', '?'])).filter(|t| !t.is_empty())
}

/// What stands before an address of the web, or all where there is none. Addresses of files and stores are paths.
fn without_address(word: &str) -> &str {
    let Some(at) = word.find("://") else { return word };
    let scheme = word[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).map_or(0, |i| i + 1);
    let web = |name: &str| ["http", "https"].iter().any(|web| name.eq_ignore_ascii_case(web));
    let known = word.is_char_boundary(scheme) && web(&word[scheme..at]);
    if known { &word[..scheme] } else { word }
}

/// The path in a token, where there is one.
fn path_in(token: &str) -> Option<&str> {
    let lower = token.to_lowercase();
    let of_user = ["$home", "%userprofile%", "..\\"];
    if lower.contains("file:/") || lower.contains("/vsi") || of_user.iter().any(|start| lower.starts_with(start)) {
        return Some(token);
    }
    // smb://, s3://, sftp:// ... but not the web.
    let scheme = lower.split_once("://").map(|(scheme, _)| scheme);
    let letters = |scheme: &str| !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric());
    if scheme.is_some_and(|scheme| letters(scheme) && !matches!(scheme, "http" | "https")) {
        return Some(token);
    }
    let windows = windows_path(token);
    if windows.is_some() || token.starts_with("\\\\") {
        return windows.or(Some(token));
    }
    if token.starts_with("~/") || token.starts_with("../") || token.contains("/../") {
        return Some(token);
    }
    let at = token.find('/').filter(|at| *at == 0 || token[..*at].ends_with([':', '@']))?;
    unix_path(&token[at..])
}

/// A path from the root: a known first folder, or several folders.
fn unix_path(token: &str) -> Option<&str> {
    let parts: Vec<&str> = token[1..].split('/').filter(|p| !p.is_empty()).collect();
    let plain = |p: &&str| p.chars().all(|c| c.is_alphanumeric() || "._-+~@%#".contains(c));
    let named = parts.iter().all(plain) && parts.iter().any(|p| p.chars().any(char::is_alphabetic));
    let known = parts.first().is_some_and(|first| ROOTS.contains(first));
    (!token.starts_with("//") && named && (known || parts.len() >= 2)).then_some(token)
}

/// `C:\...` or `C:/...`, wherever it begins in the token.
fn windows_path(token: &str) -> Option<&str> {
    let bytes = token.as_bytes();
    let drive = |at: &usize| {
        let letter = bytes[*at].is_ascii_alphabetic() && (*at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        let slash = bytes.get(at + 2).is_some_and(|b| *b == b'\\' || *b == b'/');
        letter && bytes.get(at + 1) == Some(&b':') && slash && bytes.get(at + 3).is_some_and(|b| *b != b'/')
    };
    (0..bytes.len()).find(drive).map(|at| &token[at..])
}

fn is_mail(token: &str) -> bool {
    let Some((name, domain)) = token.trim_start_matches("mailto:").split_once('@') else { return false };
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "._%+-".contains(c));
    let ending = domain
        .rsplit_once('.')
        .is_some_and(|(host, end)| !host.is_empty() && end.len() >= 2 && end.chars().all(|c| c.is_ascii_alphabetic()));
    !name.is_empty() && plain(name) && plain(domain) && ending
}

/// Whether a text has a word, with nothing of a word beside it.
fn has_word(text: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word)
        .any(|(at, _)| !part(text[..at].chars().next_back()) && !part(text[at + word.len()..].chars().next()))
}

/// Two numbers with four decimals or more that are a longitude and a latitude of Colombia, in either order.
fn coordinates_in(text: &str) -> Option<String> {
    let number = |token: &str| -> Option<f64> {
        let decimals = token.split_once('.').map_or(0, |(_, d)| d.len());
        if decimals < 4 { None } else { token.parse().ok() }
    };
    let pieces: Vec<&str> =
        text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).filter(|t| !t.is_empty()).collect();
    let place = |a: f64, b: f64| (-82.0..=-66.0).contains(&a) && (-5.0..=14.0).contains(&b);
    pieces.windows(2).find_map(|w| {
        let (a, b) = (number(w[0])?, number(w[1])?);
        (place(a, b) || place(b, a)).then(|| format!("{} {}", w[0], w[1]))
    })
}

/// `row 12, column 34`, `pixel (12, 34)` or the Spanish words, in lower case.
fn pixel_in(lower: &str) -> Option<String> {
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let number = |at: usize| words.get(at).is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit()));
    let is = |at: usize, any: &[&str]| words.get(at).is_some_and(|w| any.contains(w));
    let found = (0..words.len()).find(|at| {
        let pair = is(*at, &["row", "fila"]) && number(at + 1) && is(at + 2, &["col", "column", "columna"]);
        let pixel = is(*at, &["pixel", "píxel", "px"]) && number(at + 1) && number(at + 2);
        (pair && number(at + 3)) || pixel
    });
    found.map(|at| words[at..(at + 4).min(words.len())].join(" "))
}

/// A text in which paths are reduced to the names of their files.
pub fn without_folders(text: &str) -> String {
    let cut = |c: char| c.is_whitespace() || "\"'`<>()[]{},;|=".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(cut).unwrap_or(rest.len());
        out.push_str(file_name(&rest[..end]));
        let next = rest[end..].chars().next().map_or(0, char::len_utf8);
        out.push_str(&rest[end..end + next]);
        rest = &rest[end + next..];
    }
    out
}

/// The last part of a token that is a path; any other token as it is.
fn file_name(token: &str) -> &str {
    let last = token.rsplit(['/', '\\']).next().unwrap_or(token);
    let bare = token.trim_end_matches(['.', ':', '!', '?']);
    let is_file = bare.contains(['/', '\\'])
        && !token.contains("://")
        && bare.rsplit(['/', '\\']).next().is_some_and(|l| l.trim_matches('.').contains('.'));
    if is_file || path_in(bare).is_some() { last } else { token }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new(["mrodriguez".to_owned(), "root".to_owned()], ["sig-server-07".to_owned(), "pc".to_owned()])
    }

    fn rules(text: &str) -> Vec<Rule> {
        names().find(text).into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn what_gives_something_away_is_found() {
        for (text, rule) in [
            ("/home/ana/coca/tiles/t1.tif: opened", Rule::Path),
            ("read from \"/mnt\"", Rule::Path),
            ("see /cartografia/2024/lotes.gpkg.", Rule::Path),
            ("source=/tmp/x", Rule::Path),
            ("host:/export/data/x.tif", Rule::Path),
            (r"C:\Users\Ana\lotes.shp", Rule::Path),
            ("D:/coca/lotes.shp", Rule::Path),
            (r"(\\servidor\sig\lotes.shp)", Rule::Path),
            ("file:///srv/x.tif", Rule::Path),
            ("/vsizip/a.zip/b.tif", Rule::Path),
            ("~/coca/x.tif", Rule::Path),
            ("../other/x.tif", Rule::Path),
            ("escriba a ana.gomez@ejemplo.gov.co", Rule::Mail),
            ("by mrodriguez, 2024", Rule::User),
            ("sig-server-07", Rule::Host),
            ("EXIF_GPSLatitude=(2) (3) (4)", Rule::Gps),
            ("lot at -72.12345, 2.34567", Rule::Coordinates),
            ("2.34567 -72.12345", Rule::Coordinates),
            ("row 12, column 34: coca", Rule::PixelPosition),
            ("fila 12 columna 34", Rule::PixelPosition),
            ("from=/home/ana/x,https://a.b/c", Rule::Path),
            ("pixel (12, 34)", Rule::PixelPosition),
        ] {
            assert_eq!(rules(text), [rule], "{text}");
        }
    }

    #[test]
    fn what_gives_nothing_away_is_left() {
        for text in [
            "https://www.datos.gov.co/resource/acs4-3wgp.json?a=/b/c",
            "http://creativecommons.org/licenses/by/4.0/",
            "29.5 ha/year, and/or 3 km/h",
            "San Juan/El Alto",
            "San Juan / El Alto",
            "Curiti/Onzaga/Mogotes",
            "MIT OR Apache-2.0",
            "class 1/2",
            "1/2024",
            "</script><b>x</b>",
            "root and pc and user",
            "the mrodriguezes",
            "2024-08-03",
            "a: b; c:d",
            "C: no path",
            "1kmN1587E4823",
            "rows 12, columns 34",
            "0.123456, 0.654321",
            "18.6813 1.9413",
            "coca: 1 coca, 0 not, 255 unobserved",
            "@ana",
            "a@b",
        ] {
            assert_eq!(rules(text), [], "{text}");
        }
    }

    #[test]
    fn paths_are_reduced_to_names() {
        let cases = [
            ("sample_tiles/census.csv: census: by its columns", "census.csv: census: by its columns"),
            ("read (/home/ana/x.tif) and \"C:\\a\\b.shp\"", "read (x.tif) and \"b.shp\""),
            ("29 ha/year of https://a.b/c.d", "29 ha/year of https://a.b/c.d"),
            ("Curiti/Onzaga, and/or", "Curiti/Onzaga, and/or"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_folders(text), expected);
        }
    }
}
