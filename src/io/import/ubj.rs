//! Universal Binary JSON, draft 12 (ubjson.org), as XGBoost writes it: with typed and counted lists.

use serde_json::{Map, Number, Value};

/// Nesting that no model has.
const DEEPEST: usize = 64;

/// The value that the bytes hold; `None` where they are not UBJ.
pub(super) fn parse(bytes: &[u8]) -> Option<Value> {
    let mut rest = bytes;
    let kind = take(&mut rest, 1)?[0];
    value(&mut rest, kind, 0)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

/// Numbers are big-endian.
fn value(rest: &mut &[u8], kind: u8, depth: usize) -> Option<Value> {
    let float = |v: f64| Number::from_f64(v).map(Value::Number);
    Some(match kind {
        b'Z' => Value::Null,
        b'T' => Value::Bool(true),
        b'F' => Value::Bool(false),
        b'i' => Value::from(i8::from_be_bytes(array(rest)?)),
        b'U' => Value::from(u8::from_be_bytes(array(rest)?)),
        b'I' => Value::from(i16::from_be_bytes(array(rest)?)),
        b'l' => Value::from(i32::from_be_bytes(array(rest)?)),
        b'L' => Value::from(i64::from_be_bytes(array(rest)?)),
        b'd' => float(f64::from(f32::from_be_bytes(array(rest)?)))?,
        b'D' => float(f64::from_be_bytes(array(rest)?))?,
        b'C' => Value::from(char::from(array::<1>(rest)?[0]).to_string()),
        b'S' => Value::from(text(rest)?),
        b'[' if depth < DEEPEST => list(rest, depth + 1)?,
        b'{' if depth < DEEPEST => object(rest, depth + 1)?,
        _ => return None,
    })
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let length = length(rest)?;
    String::from_utf8(take(rest, length)?.to_vec()).ok()
}

fn length(rest: &mut &[u8]) -> Option<usize> {
    let kind = take(rest, 1)?[0];
    value(rest, kind, DEEPEST)?.as_u64()?.try_into().ok()
}

/// The type of all members and their number, where a container begins with them.
fn heading(rest: &mut &[u8]) -> Option<(Option<u8>, Option<usize>)> {
    let kind = if rest.first() == Some(&b'$') { Some(take(rest, 2)?[1]) } else { None };
    let count = if rest.first() == Some(&b'#') {
        take(rest, 1)?;
        Some(length(rest)?)
    } else {
        None
    };
    Some((kind, count))
}

fn list(rest: &mut &[u8], depth: usize) -> Option<Value> {
    let (kind, count) = heading(rest)?;
    // Members without a byte of their own could be any number: only those with bytes may be typed.
    if kind.is_some_and(|kind| count.is_none() || !b"iUIlLdDCS[{".contains(&kind)) {
        return None;
    }
    let mut items = Vec::new();
    while count.is_none_or(|count| items.len() < count) {
        let kind = match kind {
            Some(kind) => kind,
            None => take(rest, 1)?[0],
        };
        match (kind, count) {
            (b']', None) => break,
            (b'N', _) => {}
            _ => items.push(value(rest, kind, depth)?),
        }
    }
    Some(Value::Array(items))
}

fn object(rest: &mut &[u8], depth: usize) -> Option<Value> {
    let (kind, count) = heading(rest)?;
    let mut members = Map::new();
    let mut read = 0;
    while count.is_none_or(|count| read < count) {
        if count.is_none() && rest.first() == Some(&b'}') {
            take(rest, 1)?;
            break;
        }
        let name = text(rest)?;
        let kind = match kind {
            Some(kind) => kind,
            None => take(rest, 1)?[0],
        };
        members.insert(name, value(rest, kind, depth)?);
        read += 1;
    }
    Some(Value::Object(members))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn typed_and_plain_containers_are_read() {
        let bytes = b"{L\0\0\0\0\0\0\0\x01a[$l#i\x02\0\0\0\x07\xff\xff\xff\xffi\x01b[iU\xc8]i\x01cSi\x02hii\x01d{}i\x01e[$d#i\x01\x3f\0\0\0}";
        let bytes: Vec<u8> = bytes.to_vec();
        // The list b holds an int8 that is the letter U's code is not: written out below.
        assert!(parse(&bytes).is_none());
        let bytes = b"{L\0\0\0\0\0\0\0\x01a[$l#i\x02\0\0\0\x07\xff\xff\xff\xffi\x01b[i\x05U\xc8]i\x01cSi\x02hii\x01d{}i\x01e[$d#i\x01\x3f\0\0\0}";
        assert_eq!(parse(bytes), Some(json!({"a": [7, -1], "b": [5, 200], "c": "hi", "d": {}, "e": [0.5]})));
    }

    #[test]
    fn broken_bytes_end_in_nothing() {
        for bytes in [&b""[..], b"{", b"[$Z#L\x7f\xff\xff\xff\xff\xff\xff\xff", b"[$l#i\x05\0", b"Si\x05ab", b"[#i\xff"]
        {
            assert_eq!(parse(bytes), None, "{bytes:?}");
        }
        assert_eq!(parse(&[b'['; 1000]), None, "nesting without an end");
    }
}
