//! Where everything lies in a Cloud Optimized GeoTIFF: first all that describes it, then the overviews from the smallest,
//! then the raster, each tile with its length before it and its last bytes again behind it (the layout of GDAL's COG driver).
//!
//! TIFF 6.0 sections 2 and 15, BigTIFF (libtiff), and "Cloud Optimized GeoTIFF, header ghost area" of GDAL's documentation.

/// What GDAL looks for right behind the header of a TIFF; the number is the length of [`STRUCTURE`].
const GHOST: &str = "GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\n";
const STRUCTURE: &str = "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n\
                         BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n ";
const _: () = assert!(STRUCTURE.len() == 140);

/// Bytes before and behind a tile.
pub(super) const LEADER: u64 = 4;
pub(super) const TRAILER: u64 = 4;

const SUBFILE: u16 = 254;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;
/// What an overview has in common with its raster: bits, compression, photometric interpretation, samples, planes,
/// colours, sides of a tile, sample format, nodata.
const SHARED: [u16; 10] = [258, 259, 262, 277, 284, 320, 322, 323, 339, 42_113];

/// GDAL's own metadata, as XML.
const METADATA: u16 = 42_112;

const ASCII: u16 = 2;
const LONG: u16 = 4;
const LONG8: u16 = 16;

/// A field of an image: its values as they lie in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    tag: u16,
    kind: u16,
    count: u64,
    data: Vec<u8>,
}

impl Field {
    fn longs(tag: u16, values: impl IntoIterator<Item = u32>) -> Self {
        let data: Vec<u8> = values.into_iter().flat_map(u32::to_le_bytes).collect();
        Self { tag, kind: LONG, count: data.len() as u64 / 4, data }
    }
}

/// The fields of the first image of a classic little-endian TIFF; `None` where it is none.
pub(crate) fn fields(tiff: &[u8]) -> Option<Vec<Field>> {
    let number = |at: usize, size: usize| -> Option<usize> {
        let bytes = tiff.get(at..at.checked_add(size)?)?;
        Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    };
    if tiff.get(..4)? != b"II*\0" {
        return None;
    }
    let first = number(4, 4)?;
    let mut fields = Vec::new();
    for entry in (0..number(first, 2)?).map(|i| first + 2 + 12 * i) {
        let (kind, count) = (number(entry + 2, 2)?, number(entry + 4, 4)?);
        let each = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 => 4,
            5 | 10 | 12 => 8,
            _ => return None,
        };
        let length = count.checked_mul(each)?;
        let at = if length <= 4 { entry + 8 } else { number(entry + 8, 4)? };
        let data = tiff.get(at..at.checked_add(length)?)?.to_vec();
        fields.push(Field { tag: number(entry, 2)? as u16, kind: kind as u16, count: count as u64, data });
    }
    Some(fields)
}

/// The fields with further metadata items of the band; their values are no XML.
pub(crate) fn with_items(fields: &[Field], items: &[(&str, String)]) -> Vec<Field> {
    const END: &str = "</GDALMetadata>";
    let old = fields.iter().find(|field| field.tag == METADATA);
    let old = old.map(|field| String::from_utf8_lossy(&field.data).trim_end_matches('\0').to_owned());
    let mut xml = old.unwrap_or_else(|| format!("<GDALMetadata>\n{END}\n"));
    let at = xml.rfind(END).unwrap_or(xml.len());
    let lines = items.iter().map(|(name, value)| format!("  <Item name=\"{name}\" sample=\"0\">{value}</Item>\n"));
    xml.insert_str(at, &lines.collect::<String>());
    xml.push('\0');
    let data = xml.into_bytes();
    let metadata = Field { tag: METADATA, kind: ASCII, count: data.len() as u64, data };
    fields.iter().filter(|field| field.tag != METADATA).cloned().chain([metadata]).collect()
}

/// An image of the file: the raster or an overview.
pub(crate) struct Image {
    /// Rows and columns.
    pub size: (usize, usize),
    /// Compressed length of each tile, row by row.
    pub lengths: Vec<u32>,
}

/// All that lies before the tiles. `images` goes from the raster to its smallest overview; `raster` are the fields of the
/// raster itself, those of size and tiles apart.
pub(crate) fn head(raster: &[Field], images: &[Image]) -> Vec<u8> {
    let tiles: u64 = images.iter().flat_map(|i| &i.lengths).map(|n| u64::from(*n) + LEADER + TRAILER).sum();
    // Offsets do not change the length of the head: it is made once to measure it.
    let classic = write(raster, images, 0, false);
    let big = classic.len() as u64 + tiles > u64::from(u32::MAX);
    let length = if big { write(raster, images, 0, true).len() } else { classic.len() };
    write(raster, images, length as u64, big)
}

fn write(raster: &[Field], images: &[Image], data: u64, big: bool) -> Vec<u8> {
    let mut out: Vec<u8> = if big { b"II+\0\x08\0\0\0".to_vec() } else { b"II*\0".to_vec() };
    let behind = out.len() + if big { 8 } else { 4 } + GHOST.len() + STRUCTURE.len();
    let first = behind.next_multiple_of(8);
    put(&mut out, first as u64, big);
    out.extend(GHOST.bytes().chain(STRUCTURE.bytes()));
    out.resize(first, 0);
    let starts = starts(images, data);
    for (number, (image, start)) in images.iter().zip(&starts).enumerate() {
        let last = number + 1 == images.len();
        directory(&mut out, &all_fields(raster, image, (number, *start, big)), last, big);
    }
    out
}

/// Where the tiles of each image begin: the smallest overview comes first.
fn starts(images: &[Image], data: u64) -> Vec<u64> {
    let mut at = data;
    let mut starts: Vec<u64> = images
        .iter()
        .rev()
        .map(|image| {
            let start = at;
            at += image.lengths.iter().map(|n| u64::from(*n) + LEADER + TRAILER).sum::<u64>();
            start
        })
        .collect();
    starts.reverse();
    starts
}

/// The fields of an image in the order of their tags.
fn all_fields(raster: &[Field], image: &Image, (number, start, big): (usize, u64, bool)) -> Vec<Field> {
    let own = [SUBFILE, WIDTH, HEIGHT, TILE_OFFSETS, TILE_BYTES];
    let kept = |f: &&Field| !own.contains(&f.tag) && (number == 0 || SHARED.contains(&f.tag));
    let mut fields: Vec<Field> = raster.iter().filter(kept).cloned().collect();
    if number > 0 {
        fields.push(Field::longs(SUBFILE, [1]));
    }
    fields.push(Field::longs(WIDTH, [image.size.1 as u32]));
    fields.push(Field::longs(HEIGHT, [image.size.0 as u32]));
    let mut at = start;
    let offsets = image.lengths.iter().map(|length| {
        let offset = at + LEADER;
        at += u64::from(*length) + LEADER + TRAILER;
        offset
    });
    fields.push(if big {
        let data = offsets.flat_map(u64::to_le_bytes).collect();
        Field { tag: TILE_OFFSETS, kind: LONG8, count: image.lengths.len() as u64, data }
    } else {
        Field::longs(TILE_OFFSETS, offsets.map(|offset| offset as u32))
    });
    fields.push(Field::longs(TILE_BYTES, image.lengths.iter().copied()));
    fields.sort_by_key(|f| f.tag);
    fields
}

/// A directory, then the values that do not fit into it.
fn directory(out: &mut Vec<u8>, fields: &[Field], last: bool, big: bool) {
    let room = if big { 8 } else { 4 };
    let (count, entry) = if big { (8, 20) } else { (2, 12) };
    let mut values = out.len() + count + entry * fields.len() + room;
    let mut behind = Vec::new();
    out.extend(&(fields.len() as u64).to_le_bytes()[..count]);
    for field in fields {
        out.extend(field.tag.to_le_bytes());
        out.extend(field.kind.to_le_bytes());
        put(out, field.count, big);
        if field.data.len() <= room {
            out.extend(&field.data);
            out.resize(out.len() + room - field.data.len(), 0);
        } else {
            put(out, values as u64, big);
            behind.extend(&field.data);
            behind.resize(behind.len().next_multiple_of(8), 0);
            values += field.data.len().next_multiple_of(8);
        }
    }
    let next = values.next_multiple_of(8);
    put(out, if last { 0 } else { next as u64 }, big);
    out.extend(behind);
    out.resize(next, 0);
}

fn put(out: &mut Vec<u8>, value: u64, big: bool) {
    out.extend(&value.to_le_bytes()[..if big { 8 } else { 4 }]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster() -> Vec<Field> {
        let text = Field { tag: 270, kind: 2, count: 6, data: b"hello\0".to_vec() };
        vec![Field::longs(258, [8]), text, Field::longs(322, [512]), Field::longs(323, [512])]
    }

    #[test]
    fn what_was_written_is_read_again() {
        let image = Image { size: (700, 600), lengths: vec![10, 20, 30, 40] };
        let overview = Image { size: (350, 300), lengths: vec![7] };
        let head = head(&raster(), &[image, overview]);
        let found = fields(&head).unwrap();
        let numbers = |tag| -> Vec<u32> {
            let field: &Field = found.iter().find(|f| f.tag == tag).unwrap();
            field.data.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect()
        };
        assert!(found.is_sorted_by_key(|f| f.tag));
        assert!(raster().iter().all(|f| found.contains(f)));
        // The overview's tile of 7 bytes lies first.
        let first = head.len() as u32 + 15 + 4;
        assert_eq!(numbers(TILE_OFFSETS), [first, first + 18, first + 46, first + 84]);
        assert_eq!(numbers(TILE_BYTES), [10, 20, 30, 40]);
        assert_eq!((numbers(WIDTH), numbers(HEIGHT)), (vec![600], vec![700]));
    }

    #[test]
    fn a_file_beyond_four_gigabytes_is_a_bigtiff() {
        let image = Image { size: (512, 512 * 3), lengths: vec![u32::MAX / 2; 3] };
        let head = head(&raster(), &[image]);
        assert_eq!(&head[..8], b"II+\0\x08\0\0\0");
        let last = head.len() as u64 + 2 * (u64::from(u32::MAX / 2) + 8) + 4;
        assert!(head.windows(8).any(|bytes| bytes == last.to_le_bytes()));
    }

    #[test]
    fn other_files_are_refused() {
        let whole = head(&raster(), &[Image { size: (1, 1), lengths: vec![9] }]);
        assert!(fields(&whole).is_some());
        for end in [0, 3, 8, 100, whole.len() / 2] {
            assert!(fields(&whole[..end]).is_none(), "{end}");
        }
        assert!(fields(b"MM\0*aaaaaaaaaaaaaa").is_none());
    }
}
