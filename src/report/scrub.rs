//! Folders taken off names and remarks: a report is passed on, and where its inputs lay is nobody's business.

/// The last part of a path, Unix or Windows.
pub fn file_name(path: &str) -> &str {
    path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A remark in which every path that the run recorded has become its file's name, and other absolute paths too.
pub fn scrubbed(text: &str, paths: &[String]) -> String {
    // Longer paths first: one may begin with another.
    let mut known: Vec<&String> = paths.iter().filter(|path| file_name(path).len() < path.len()).collect();
    known.sort_by_key(|path| std::cmp::Reverse(path.len()));
    let mut text = text.to_owned();
    for path in known {
        text = text.replace(path.as_str(), file_name(path));
    }
    let words: Vec<&str> = text.split(' ').map(without_folders).collect();
    words.join(" ")
}

/// A word that is an absolute path becomes its last part; marks before it are lost with it.
fn without_folders(word: &str) -> &str {
    let bare = word.trim_start_matches(['\'', '"', '(', '[', '`']);
    let drive =
        bare.get(1..3).is_some_and(|s| s == ":\\" || s == ":/") && bare.starts_with(|c: char| c.is_ascii_alphabetic());
    let unix = (bare.starts_with('/') || bare.starts_with("~/")) && bare.matches('/').count() > 1;
    if drive || unix || bare.starts_with("\\\\") || bare.starts_with("file://") { file_name(bare) } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_go_and_all_else_stays() {
        let paths = ["data/in/census.csv".to_owned(), "census.csv".to_owned()];
        let clean = |text: &str| scrubbed(text, &paths);
        assert_eq!(clean("data/in/census.csv: recognised by its columns"), "census.csv: recognised by its columns");
        assert_eq!(clean("see /home/ana/x/y.tif, and 3 ha/year"), "see y.tif, and 3 ha/year");
        assert_eq!(clean(r"C:\Users\ana\mask.tif is old"), "mask.tif is old");
        assert_eq!(clean("(docs/coverage.md) and 1/2"), "(docs/coverage.md) and 1/2");
        assert_eq!(file_name("a/b/"), "b");
    }
}
