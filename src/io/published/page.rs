//! A page of HTML: its words, its addresses, the data in it and the pictures in these.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::features;
use crate::publish::check::Rule;
use crate::publish::check::document::{Content, Document, Raster};

/// Metres of a degree of latitude and, at the equator, of longitude.
const DEGREE_M: f64 = 111_320.0;

/// Fills in a page. Scripts are looked at for data only: they are the page's program, not its content.
pub fn fill(document: &mut Document, page: &str) {
    let mut words = String::new();
    // Of the same length: once for all elements, so that a page of many takes no longer than its length.
    let lower = page.to_ascii_lowercase();
    let mut rest = (page, lower.as_str());
    let mut data = Vec::new();
    while let Some((before, tag, body, after)) = next_element(rest, &["script", "style"]) {
        words.push_str(before);
        if tag.contains("application/json") || tag.contains("application/ld+json") {
            data.push(body);
        } else if holds_coordinates(body) {
            document.faults.push((Rule::Closed, "coordinates inside a script".to_owned()));
        }
        rest = after;
    }
    words.push_str(rest.0);
    let words = without_endings(&words);
    let shown: Vec<&str> = words.split(['<', '>', '"', '\'']).collect();
    document
        .texts
        .extend(shown.iter().filter(|t| !t.starts_with("data:")).map(|t| ("page".to_owned(), (*t).to_owned())));
    for picture in shown.iter().filter(|t| t.starts_with("data:image")) {
        let place = format!("picture of {} characters in the page", picture.len());
        document.pictures.push(Raster { place, pixel_m: None, words: String::new() });
    }
    let mut values = Vec::new();
    for text in data {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => {
                document.pictures.extend(pictures(&value));
                values.push(value);
            }
            Err(error) => document.faults.push((Rule::Closed, format!("data that are no JSON: {error}"))),
        }
    }
    match values.len() {
        0 => {}
        1 => values.into_iter().for_each(|value| features::fill(document, value)),
        // Several are looked at as data: a polygon in any of them is found.
        _ => document.content = Content::Json(Value::Array(values)),
    }
    if matches!(document.content, Content::Texts) && !page.contains('<') {
        document.faults.push((Rule::Closed, "an empty page".to_owned()));
    }
}

/// Whether a script has shapes written into it: `coordinates` with numbers of many decimals behind it.
fn holds_coordinates(script: &str) -> bool {
    script.match_indices("coordinates").any(|(at, word)| {
        let after = script[at + word.len()..].trim_start_matches(['"', '\'', ' ', ':', '[', '\n']);
        let number: String = after.chars().take_while(|c| c.is_ascii_digit() || "-.".contains(*c)).collect();
        number.split_once('.').is_some_and(|(_, decimals)| decimals.len() >= 4)
    })
}

/// A text and the same in lower case.
type Both<'a> = (&'a str, &'a str);

/// The next element of these names: what stands before it, its tag, its body, and what stands after it.
fn next_element<'a>((text, lower): Both<'a>, names: &[&str]) -> Option<(&'a str, &'a str, &'a str, Both<'a>)> {
    let (at, name) = names.iter().filter_map(|name| Some((lower.find(&format!("<{name}"))?, *name))).min()?;
    let open = at + lower[at..].find('>')? + 1;
    let end = lower[open..].find(&format!("</{name}")).map_or(text.len(), |e| open + e);
    let after = lower[end..].find('>').map_or(text.len(), |e| end + e + 1);
    Some((&text[..at], &text[at..open], &text[open..end], (&text[after..], &lower[after..])))
}

/// A page without its closing tags, whose names look like folders.
fn without_endings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        out.push_str(&rest[..at]);
        out.push(' ');
        rest = rest[at..].split_once('>').map_or("", |(_, after)| after);
    }
    out + rest
}

/// The pictures of a report's data with the ground that their pixels show.
fn pictures(value: &Value) -> Vec<Raster> {
    let all = value.get("pictures").and_then(Value::as_array);
    let of = |(i, picture): (usize, &Value)| {
        let image = picture.get("image").and_then(Value::as_str).unwrap_or_default();
        let bounds: Vec<f64> =
            picture.get("bounds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64).collect();
        let pixel_m = match (png_size(image), bounds.as_slice()) {
            (Some((width, height)), [w, s, e, n]) => {
                let middle = ((s + n) / 2.0).to_radians().cos();
                Some([(e - w) * DEGREE_M * middle / f64::from(width), (n - s) * DEGREE_M / f64::from(height)])
            }
            _ => None,
        };
        Raster { place: format!("/pictures/{i}"), pixel_m, words: String::new() }
    };
    all.into_iter().flatten().enumerate().map(of).collect()
}

/// Width and height of a PNG in a data address: the first 24 bytes hold them.
fn png_size(address: &str) -> Option<(u32, u32)> {
    let bytes = base64_start(address.strip_prefix("data:image/png;base64,")?, 24)?;
    let number = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let size = (number(16)?, number(20)?);
    (bytes.starts_with(b"\x89PNG") && size.0 > 0 && size.1 > 0).then_some(size)
}

/// The first bytes of a text in base 64 (RFC 4648).
fn base64_start(text: &str, count: usize) -> Option<Vec<u8>> {
    STANDARD.decode(text.get(..count.div_ceil(3) * 4)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2083: signature, then the chunk IHDR with width and height.
    #[test]
    fn the_size_of_a_png_stands_in_its_first_bytes() {
        let address = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAoAAAAFCAIAAADzBuo/AAAA";
        assert_eq!(png_size(address), Some((10, 5)));
        assert_eq!(png_size("data:image/png;base64,AAAA"), None);
        assert_eq!(png_size("data:image/jpeg;base64,iVBORw0KGgo"), None);
        // Padding that ends the bytes inside the height.
        assert_eq!(png_size("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAoAAAA="), None);
    }

    #[test]
    fn a_page_is_taken_apart() {
        let page = "<html><body><data>x</data><p title=\"a/b\">Los C\u{f3}rdobas</p><script type=\"application/json\" id=\"cocal-data\">{\"title\":\"t\",\"pictures\":[{\"bounds\":[-71,2,-70.9,2.1],\"image\":\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAoAAAAFCAIAAADzBuo/AAAA\"}]}</script><script>let a = \"/home/x/y\"</script></body></html>";
        let mut document = Document {
            name: "report.html".to_owned(),
            faults: Vec::new(),
            texts: Vec::new(),
            pictures: Vec::new(),
            content: Content::Texts,
        };
        fill(&mut document, page);
        assert!(matches!(&document.content, Content::Json(value) if value["title"] == "t"));
        let pixel = document.pictures[0].pixel_m.unwrap();
        assert!((pixel[0] - 1112.6).abs() < 1.0 && (pixel[1] - 2226.4).abs() < 1.0, "{pixel:?}");
        let words: String = document.texts.iter().map(|(_, t)| t.as_str()).collect();
        assert!(words.contains("Los C\u{f3}rdobas") && !words.contains("/data") && !words.contains("/home"), "{words}");
    }
}
