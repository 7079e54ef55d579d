//! Pictures as PNG: colours only. No time, no text, no georeference: nothing that says where, when or by whom.

use std::collections::BTreeMap;

use crate::report::picture::{Picture, Rgba};

/// A picture that cannot be encoded.
#[derive(Debug, thiserror::Error)]
#[error("cannot encode a picture of {rows} x {cols} pixels: {source}")]
pub struct PngError {
    rows: usize,
    cols: usize,
    source: png::EncodingError,
}

/// The picture as a PNG file of 8 bits: by a palette where it has at most 256 colours, else RGB, or RGBA where a pixel is
/// transparent. The same picture is always the same bytes.
///
/// # Errors
/// [`PngError`] for a picture without pixels.
pub fn png_bytes(picture: &Picture) -> Result<Vec<u8>, PngError> {
    let (rows, cols) = picture.dim();
    let named = |source| PngError { rows, cols, source };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, cols as u32, rows as u32);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let data: Vec<u8> = if let Some(numbers) = numbered_colours(picture) {
        let colours: Vec<Rgba> = numbers.keys().copied().collect();
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(colours.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect::<Vec<u8>>());
        if colours.iter().any(|c| c[3] < 255) {
            encoder.set_trns(colours.iter().map(|c| c[3]).collect::<Vec<u8>>());
        }
        encoder.set_filter(png::Filter::NoFilter);
        picture.iter().map(|c| numbers[c]).collect()
    } else if picture.iter().all(|c| c[3] == 255) {
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_filter(png::Filter::Adaptive);
        picture.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect()
    } else {
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_filter(png::Filter::Adaptive);
        picture.iter().flatten().copied().collect()
    };
    let mut writer = encoder.write_header().map_err(named)?;
    writer.write_image_data(&data).map_err(named)?;
    writer.finish().map_err(named)?;
    Ok(bytes)
}

/// Numbers of the colours in their order; `None` when there are more than 256.
fn numbered_colours(picture: &Picture) -> Option<BTreeMap<Rgba, u8>> {
    let mut colours = BTreeMap::new();
    for colour in picture {
        colours.insert(*colour, 0);
        if colours.len() > 256 {
            return None;
        }
    }
    colours.values_mut().zip(0..=u8::MAX).for_each(|(value, number)| *value = number);
    Some(colours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (png::ColorType, Vec<u8>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().unwrap();
        let mut data = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut data).unwrap();
        (reader.info().color_type, data)
    }

    #[test]
    fn pictures_come_back_and_hold_nothing_but_pixels() {
        let few = Picture::from_shape_fn((3, 4), |(r, c)| if r == c { [0; 4] } else { [r as u8, c as u8, 7, 255] });
        let many = Picture::from_shape_fn((20, 20), |(r, c)| [r as u8, c as u8, (r * c) as u8, 255]);
        let mut holed = many.clone();
        holed[[5, 5]] = [0; 4];
        for (picture, kind) in
            [(few, png::ColorType::Indexed), (many, png::ColorType::Rgb), (holed, png::ColorType::Rgba)]
        {
            let bytes = png_bytes(&picture).unwrap();
            let (found, data) = decoded(&bytes);
            assert_eq!(found, kind);
            assert_eq!(data, picture.iter().flatten().copied().collect::<Vec<u8>>());
            // Names of the chunks, one after the other.
            let (mut at, mut names) = (8, Vec::new());
            while at < bytes.len() {
                let length = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
                names.push(String::from_utf8(bytes[at + 4..at + 8].to_vec()).unwrap());
                at += length + 12;
            }
            names.dedup();
            assert!(names.iter().all(|n| ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"].contains(&n.as_str())), "{names:?}");
        }
        assert!(png_bytes(&Picture::from_elem((0, 0), [0; 4])).is_err());
    }
}
