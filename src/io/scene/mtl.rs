//! Landsat's MTL metadata, as text (ODL) or XML: groups of `KEY = VALUE`.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::SceneError;
use crate::io::virtual_file::read_text;

/// The fields of an MTL file with the innermost group that each is in.
pub(super) struct Mtl {
    path: PathBuf,
    /// The fields, values without quotes.
    fields: Vec<MtlField>,
}

/// Group, key and value of a field. Fields of a group share its name: metadata of one long name and many fields stay small.
type MtlField = (Rc<str>, String, String);

impl Mtl {
    /// Reads the file in either form.
    ///
    /// # Errors
    /// [`SceneError::Metadata`] when it cannot be read or holds no field.
    pub(super) fn read(path: &Path) -> Result<Self, SceneError> {
        let bad = |message: String| SceneError::Metadata { path: path.to_owned(), message };
        Self::of_text(path, &read_text(path).map_err(bad)?)
    }

    /// The fields of the text of a file; `path` is for messages.
    ///
    /// # Errors
    /// [`SceneError::Metadata`] when it holds no field.
    pub(super) fn of_text(path: &Path, text: &str) -> Result<Self, SceneError> {
        let bad = |message: String| SceneError::Metadata { path: path.to_owned(), message };
        let fields = if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
            from_xml(text).map_err(bad)?
        } else {
            from_text(text)
        };
        if fields.is_empty() {
            return Err(bad("no field of the form KEY = VALUE".to_owned()));
        }
        Ok(Self { path: path.to_owned(), fields })
    }

    /// The first field of this key, in any group.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(_, k, _)| k == key).map(|(_, _, v)| v.as_str())
    }

    /// A number inside one of the groups, the first group that has it.
    ///
    /// # Errors
    /// [`SceneError::MissingField`] or [`SceneError::BadField`].
    pub(super) fn number(&self, groups: &[&str], key: &str, purpose: &'static str) -> Result<f64, SceneError> {
        let inside = |group: &str| self.fields.iter().find(|(g, k, _)| **g == *group && k == key);
        let Some((group, _, value)) = groups.iter().find_map(|group| inside(group)) else {
            let field = format!("{key} in {}", groups.join(" or "));
            return Err(SceneError::MissingField { path: self.path.clone(), field, purpose });
        };
        value.parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| SceneError::BadField {
            path: self.path.clone(),
            field: format!("{key} in {group}"),
            value: value.clone(),
            expected: "a number",
        })
    }

    /// Whether there is such a group.
    pub(super) fn has_group(&self, group: &str) -> bool {
        self.fields.iter().any(|(g, _, _)| **g == *group)
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn from_text(text: &str) -> Vec<MtlField> {
    let none: Rc<str> = Rc::from("");
    let mut groups: Vec<Rc<str>> = Vec::new();
    let mut fields = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim().trim_matches('"').trim());
        match key {
            "GROUP" => groups.push(value.into()),
            "END_GROUP" => {
                groups.pop();
            }
            _ => {
                let group = groups.last().unwrap_or(&none).clone();
                fields.push((group, key.to_owned(), value.to_owned()));
            }
        }
    }
    fields
}

fn from_xml(text: &str) -> Result<Vec<MtlField>, String> {
    let document = roxmltree::Document::parse(text.trim_start_matches('\u{feff}')).map_err(|e| e.to_string())?;
    let leaves = document.descendants().filter(|n| n.is_element() && !n.children().any(|c| c.is_element()));
    let mut group: Rc<str> = Rc::from("");
    let field = |node: roxmltree::Node<'_, '_>| {
        let name = node.parent_element().map(|p| p.tag_name().name()).unwrap_or_default();
        if *group != *name {
            group = name.into();
        }
        (group.clone(), node.tag_name().name().to_owned(), node.text().unwrap_or_default().trim().to_owned())
    };
    Ok(leaves.map(field).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_xml_give_the_same_fields() {
        let text = "GROUP = A\n  GROUP = B\n    X = \"1.5\"\n  END_GROUP = B\n  Y = 2\nEND_GROUP = A\nEND\n";
        let xml = "<?xml version=\"1.0\"?><A><B><X>1.5</X></B><Y>2</Y></A>";
        assert_eq!(from_text(text), from_xml(xml).unwrap());
        assert_eq!(from_text(text)[0], ("B".into(), "X".to_owned(), "1.5".to_owned()));
    }
}
