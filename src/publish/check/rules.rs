//! What must not leave, and what to do about it.

use serde::Serialize;

/// A rule of publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A raster whose pixels are smaller than a cell.
    FineRaster,
    /// A picture whose pixels cannot be held against a cell.
    UnplacedPicture,
    /// A raster of a mask, of classes or of probabilities.
    MaskRaster,
    /// A polygon that is neither a municipality nor a cell.
    Lot,
    /// Lots without a reason.
    LotsWithoutReason,
    /// A point or a line.
    PointOrLine,
    /// Coordinates with too many decimals.
    Decimals,
    /// Coordinates that are not longitude and latitude of WGS 84.
    OtherCrs,
    /// A cell that is not one of the lattice, or finer.
    OffLattice,
    /// A cell with figures of fewer than k lots.
    FewLots,
    /// A cell with fewer hectares than the threshold.
    FewHectares,
    /// A withheld cell that totals give back.
    RevealedCell,
    /// A withheld municipality that totals give back.
    RevealedMunicipality,
    /// A figure from which a withheld one follows.
    RevealingFigure,
    /// A position of a pixel, or a column of them.
    PixelPosition,
    /// A column of coordinates, or coordinates in a text.
    Coordinates,
    /// A place in the tags of a picture.
    Gps,
    /// Tags of a camera or an editor.
    PictureTags,
    /// A path.
    Path,
    /// The name of a user.
    User,
    /// The name of a machine.
    Host,
    /// An address of mail.
    Mail,
    /// Units of a sample.
    SampleUnit,
    /// Text that a spreadsheet takes for a formula.
    Formula,
    /// A link to elsewhere.
    Link,
    /// A hidden file.
    Hidden,
    /// A file that cannot be looked into.
    Closed,
    /// No publication.json.
    NoPublication,
}

impl Rule {
    /// The rule in words, and what to do.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::FineRaster => ("pixels smaller than a cell show single lots", "take the raster out"),
            Self::UnplacedPicture => ("nobody can tell how much ground a pixel shows", "take the picture out"),
            Self::MaskRaster => ("masks, classes and probabilities are working files", "take the raster out"),
            Self::Lot => {
                ("a polygon smaller than a cell that is neither a municipality nor a cell is a lot", "take it out")
            }
            Self::LotsWithoutReason => {
                ("lots leave only with a reason in publication.json", "take them out, or publish with --lots --reason")
            }
            Self::PointOrLine => ("points and lines show single places", "take them out"),
            Self::Decimals => {
                ("coordinates are finer than borders or the lattice need", "publish again, which snaps them")
            }
            Self::OtherCrs => {
                ("whether coordinates are snapped is only known in WGS 84", "carry the layer to EPSG:4326")
            }
            Self::OffLattice => ("cells are those of the national lattice, 1 km or more", "publish again with --cell"),
            Self::FewLots => ("a cell with fewer than k lots shows a figure", "publish again with this k"),
            Self::FewHectares => ("a cell under the least hectares shows a figure", "publish again with this --min-ha"),
            Self::RevealedCell => {
                ("a total less the cells shown is a withheld cell", "publish again, which withholds another")
            }
            Self::RevealedMunicipality => {
                ("a total less the municipalities shown is a withheld one", "publish again, which withholds another")
            }
            Self::RevealingFigure => ("the withheld figure follows from this one", "leave both blank"),
            Self::PixelPosition => ("positions of pixels point at single lots", "take them out"),
            Self::Coordinates => ("coordinates point at single lots", "take them out"),
            Self::Gps => ("a place in the tags of a picture", "strip the tags"),
            Self::PictureTags => ("tags of a camera or an editor tell of people and places", "strip the tags"),
            Self::Path => ("a path tells of people and machines", "keep the bare name of the file"),
            Self::User => ("the name of a user", "take it out"),
            Self::Host => ("the name of a machine", "take it out"),
            Self::Mail => ("an address of mail", "take it out"),
            Self::SampleUnit => ("units of a sample are single places", "take them out"),
            Self::Formula => ("a spreadsheet takes this text for a formula", "put an apostrophe before it"),
            Self::Link => ("a link is no content, and tells of folders", "take it out, or copy what it names"),
            Self::Hidden => ("hidden files are published unseen", "take it out"),
            Self::Closed => ("it cannot be looked into, so it cannot be checked", "take it out"),
            Self::NoPublication => (
                "publication.json tells k, the cells and the reason for lots, and is missing",
                "publish again with cocal publish",
            ),
        }
    }
}

/// A leak.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file, below the folder.
    pub file: String,
    /// Where in it: a line, a feature, a tag.
    pub place: String,
    /// The rule.
    pub rule: Rule,
    /// What was found.
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (why, advice) = self.rule.words();
        write!(f, "{}, {}: {}: {why}; {advice}", self.file, self.place, self.what)
    }
}
