//! Where a virtual raster (or layer) reaches: its sources must lie in its own folder or in one of the input folders.
//!
//! The file is read before GDAL reads it. Sources that are virtual themselves are looked at in turn.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node, ParsingOptions};

use super::names::check_name;
use super::with_allowed;
use crate::io::virtual_file::{is_virtual, read_text};

/// Elements whose text is the name of a file.
const SOURCES: [&str; 5] = ["SourceFilename", "SourceDataset", "SrcDataSource", "SrcDSN", "Filename"];

/// Virtual files inside virtual files.
const DEEPEST: usize = 16;

/// Virtual files that one may be made of.
const MOST_FILES: usize = 100_000;

/// Nodes of one file.
const MOST_NODES: u32 = 20_000_000;

/// Checks a file that is to be opened; one that is no virtual raster passes.
///
/// # Errors
/// The source that lies too far away, and what to do.
pub(super) fn check(path: &Path) -> Result<(), String> {
    if path.to_string_lossy().trim_start().starts_with('<') {
        return Err("the text of a virtual raster is not read in the place of a name; put it in a file".to_owned());
    }
    check_nested(path, &mut Seen::default())
}

/// Virtual files on the way.
#[derive(Default)]
struct Seen {
    /// Those that are being looked at, each a source of the one before.
    open: Vec<PathBuf>,
    /// Those that are in order.
    done: BTreeSet<PathBuf>,
}

fn check_nested(path: &Path, seen: &mut Seen) -> Result<(), String> {
    let own = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if seen.open.contains(&own) {
        // GDAL would go round for long.
        return Err(format!("{} is a source of itself", path.display()));
    }
    if seen.done.contains(&own) || !is_vrt(path) {
        return Ok(());
    }
    if seen.open.len() > DEEPEST || seen.done.len() > MOST_FILES {
        return Err(format!("virtual rasters nested more than {DEEPEST} deep, or more than {MOST_FILES}"));
    }
    let text = read_text(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).map_err(|e| format!("{}: {e}", path.display()))?;
    let folder = own.parent().map(Path::to_owned).unwrap_or_default();
    seen.open.push(own.clone());
    for node in document.descendants().filter(Node::is_element) {
        refuse_code(node)?;
        for source in sources_of(node) {
            for file in resolve(source, node, &folder)? {
                check_place(path, &file, &folder)?;
                check_nested(&file, seen)?;
            }
        }
    }
    seen.open.pop();
    seen.done.insert(own);
    Ok(())
}

/// By its name or by its first bytes: GDAL goes by either.
fn is_vrt(path: &Path) -> bool {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("vrt")) {
        return true;
    }
    let mut head = [0; 4_096];
    if is_virtual(path) {
        return false;
    }
    let Ok(found) = File::open(path).and_then(|mut file| file.read(&mut head)) else { return false };
    let text = String::from_utf8_lossy(&head[..found]);
    text.contains("<VRTDataset") || text.contains("<OGRVRTDataSource")
}

/// GDAL tells names apart without regard to their case, and takes an attribute for an element.
fn is_named(own: &str, name: &str) -> bool {
    own.eq_ignore_ascii_case(name)
}

/// Values under a name: the element's text, if that is its name, and attributes.
fn values_of<'a>(node: Node<'a, 'a>, name: &str) -> Vec<&'a str> {
    let own = is_named(node.tag_name().name(), name).then(|| node.text().unwrap_or_default());
    let attributes = node.attributes().filter(|attribute| is_named(attribute.name(), name)).map(|a| a.value());
    own.into_iter().chain(attributes).map(str::trim).collect()
}

fn refuse_code(node: Node<'_, '_>) -> Result<(), String> {
    let language = values_of(node, "PixelFunctionLanguage").iter().any(|language| *language != "C");
    if language || !values_of(node, "PixelFunctionCode").is_empty() {
        return Err(
            "it holds program code for its pixels, which is not run; write its pixels to a raster first".to_owned()
        );
    }
    // SQL may name any file as a table, and such a statement may attach one.
    if !values_of(node, "SrcSQL").is_empty() || values_of(node, "key").iter().any(|k| is_named(k, "PRELUDE_STATEMENTS"))
    {
        return Err("it holds SQL, which is not run; write what it selects to a file first".to_owned());
    }
    Ok(())
}

/// Names of files in an element and its attributes.
fn sources_of<'a>(node: Node<'a, 'a>) -> Vec<&'a str> {
    let mut found: Vec<&str> = SOURCES.iter().flat_map(|name| values_of(node, name)).collect();
    let keys = [values_of(node, "key"), values_of(node, "name")].concat();
    let ends = ["_DATASET", "_DEM", "DEM_FILE", "CUTLINE_DS", "DATASOURCE"];
    let is_file = |key: &&str| ends.iter().any(|end| key.to_ascii_uppercase().ends_with(end));
    let in_item = ["MDI", "Option"].iter().any(|name| is_named(node.tag_name().name(), name));
    if in_item && keys.iter().any(is_file) {
        found.extend(node.text().map(str::trim));
    }
    found.retain(|text| !text.is_empty() && *text != "@dummy@");
    found
}

/// The files on this machine that a source may mean; none for one on a server that was named. Without a word on where a relative
/// name starts from, some kinds of source start from the file's folder and others from the working folder.
fn resolve(source: &str, node: Node<'_, '_>, folder: &Path) -> Result<Vec<PathBuf>, String> {
    check_name(source)?;
    if source.starts_with('<') {
        return Err("a virtual raster inside a name is not read; put it in a file".to_owned());
    }
    let relative = match values_of(node, "relativeToVRT").as_slice() {
        [] => None,
        ["0"] => Some(false),
        ["1"] => Some(true),
        _ => return Err(format!("relativeToVRT of its source {source} is neither 0 nor 1")),
    };
    let mut plain = source;
    if let Some(at) = source.rfind("/vsi") {
        if ["/vsicurl", "/vsis3", "/vsigs", "/vsiaz", "/vsiadls", "/vsioss"].iter().any(|s| source[at..].starts_with(s))
        {
            return Ok(Vec::new());
        }
        // The archive is what lies on the disk.
        plain = source[at + 1..].split_once('/').map_or("", |(_, inside)| inside);
        plain = plain.trim_start_matches('{').split('}').next().unwrap_or_default();
    }
    let drive = plain.len() > 2 && plain.as_bytes()[1] == b':' && cfg!(windows);
    let prefix = plain.split(['/', '\\']).next().unwrap_or_default();
    if prefix.contains(':') && !drive {
        return Err(format!("its source {source} is named by a driver; name the file"));
    }
    let file = Path::new(plain);
    let (near, here) = (folder.join(file), std::path::absolute(file).unwrap_or_default());
    Ok(match relative {
        _ if file.is_absolute() => vec![here],
        Some(true) => vec![near],
        Some(false) => vec![here],
        None => vec![near, here],
    })
}

fn check_place(vrt: &Path, file: &Path, folder: &Path) -> Result<(), String> {
    let real = existing_part(file);
    let inside = with_allowed(|allowed| {
        allowed.everywhere || real.starts_with(folder) || allowed.folders.iter().any(|near| real.starts_with(near))
    });
    if inside {
        return Ok(());
    }
    Err(format!(
        "the virtual raster {} reaches to {}, outside its own folder and the input folders: move them together, or allow \
         it: [inputs] vrt_outside = true in the project file, or --vrt-outside",
        vrt.display(),
        file.display()
    ))
}

/// The real place of a file; of one that is not there, that of its folder. An archive's member has its archive's.
fn existing_part(file: &Path) -> PathBuf {
    let mut rest = PathBuf::new();
    for ancestor in file.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            // A step back after what is not there could lead anywhere.
            let plain =
                !file.components().any(|part| part == std::path::Component::ParentDir) || rest.as_os_str().is_empty();
            return if plain { real.join(rest) } else { PathBuf::from("/") };
        }
        let name = ancestor.file_name().unwrap_or_default();
        rest = if rest.as_os_str().is_empty() { PathBuf::from(name) } else { Path::new(name).join(&rest) };
    }
    PathBuf::from("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vrt(folder: &Path, name: &str, inner: &str) -> PathBuf {
        let path = folder.join(name);
        let text = format!(
            "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"><VRTRasterBand>{inner}</VRTRasterBand></VRTDataset>"
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn sources_stay_in_the_folder_unless_it_is_said() {
        let root = tempfile::tempdir().unwrap();
        let (own, other) = (root.path().join("own"), root.path().join("other"));
        for folder in [&own, &other] {
            std::fs::create_dir_all(folder.join("sub")).unwrap();
            std::fs::write(folder.join("sub/a.tif"), "x").unwrap();
        }
        let source = |text: &str| {
            format!("<SimpleSource><SourceFilename relativeToVRT=\"1\">{text}</SourceFilename></SimpleSource>")
        };
        let told = |inner: &str| check(&vrt(&own, "a.vrt", inner));
        assert_eq!(told(&source("sub/a.tif")), Ok(()));
        assert_eq!(told(&source("missing/a.tif")), Ok(()));
        for bad in [
            "../other/sub/a.tif",
            "/etc/passwd",
            "sub/../../other/sub/a.tif",
            "missing/../../x.tif",
            "/vsizip//etc/a.zip/x",
            "/vsicurl/http://evil/a.tif",
            "NETCDF:a.nc:x",
            "&lt;VRTDataset/&gt;",
        ] {
            assert!(told(&source(bad)).is_err(), "{bad}");
        }
        // GDAL reads each of these as the first of them.
        let other = "../other/sub/a.tif";
        for alike in [
            source(other).replace("SourceFilename", "SOURCEFILENAME"),
            source(other).replace("relativeToVRT", "RELATIVETOVRT"),
            source(other).replace("\"1\"", "\"01\""),
            format!("<SimpleSource SourceFilename=\"{}\"/>", own.join(other).display()),
            format!("<SourceFilename>{other}</SourceFilename>"),
            format!("<Option NAME=\"cutline_ds\">{}</Option>", own.join(other).display()),
        ] {
            assert!(told(&alike).is_err(), "{alike}");
        }
        let far = told(&source("../other/sub/a.tif")).unwrap_err();
        assert!(far.contains("vrt_outside") && far.contains("a.vrt"), "{far}");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&other, own.join("link")).unwrap();
            assert!(told(&source("link/sub/a.tif")).is_err());
        }
        super::super::allow_folder(&other);
        assert_eq!(told(&source("../other/sub/a.tif")), Ok(()));
    }

    #[test]
    fn code_circles_and_other_names_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path();
        let code = "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>";
        assert!(check(&vrt(folder, "code.tif", code)).unwrap_err().contains("program code"));
        let code = "<x pixelfunctionlanguage=\"Python\"/>";
        assert!(check(&vrt(folder, "code.vrt", code)).unwrap_err().contains("program code"));
        let sql = "<SrcSQL>SELECT * FROM '/elsewhere/a.shp'.a</SrcSQL>";
        assert!(check(&vrt(folder, "sql.vrt", sql)).unwrap_err().contains("holds SQL"));
        let source = |text: &str| format!("<SourceFilename relativeToVRT=\"1\">{text}</SourceFilename>");
        let own = vrt(folder, "own.vrt", &source("own.vrt"));
        assert!(check(&own).unwrap_err().contains("source of itself"));
        let (a, _) = (vrt(folder, "a.vrt", &source("b.vrt")), vrt(folder, "b.vrt", &source("a.vrt")));
        assert!(check(&a).unwrap_err().contains("source of itself"));
        let twice = format!("{0}{0}", source("c.vrt"));
        vrt(folder, "c.vrt", "");
        assert_eq!(check(&vrt(folder, "twice.vrt", &twice)), Ok(()));
        assert!(check(Path::new("<VRTDataset/>")).is_err());
        let entities = "<!DOCTYPE x [<!ENTITY a \"aa\">]><VRTDataset>&a;</VRTDataset>";
        std::fs::write(folder.join("e.vrt"), entities).unwrap();
        assert!(check(&folder.join("e.vrt")).is_err());
        std::fs::write(folder.join("plain.tif"), "II*").unwrap();
        assert_eq!(check(&folder.join("plain.tif")), Ok(()));
    }
}
