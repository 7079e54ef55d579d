//! Places by name: the country, departments, and the municipalities that the census lists.
//!
//! A name is no key: where several municipalities share it, the sentence must name the department too.

use std::collections::BTreeMap;

use super::types::NotUnderstood;
use crate::records::figures::department_name;
use crate::records::text_table::normalised;
use crate::territory::MunicipalityCode;

/// Where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// All of Colombia.
    Country,
    /// A department, by its two digits.
    Department(String),
    /// A municipality.
    Municipality(MunicipalityCode),
}

impl Place {
    /// The digits that the codes of its municipalities begin with.
    pub fn prefix(&self) -> &str {
        match self {
            Self::Country => "",
            Self::Department(code) => code,
            Self::Municipality(code) => code.as_str(),
        }
    }
}

/// Most words in a name.
const LONGEST: usize = 7;

/// Other names of municipalities, and of departments, by code.
const ALIASES: [(&str, &str); 30] = [
    ("guajira", "44"),
    ("valle", "76"),
    ("bogota", "11"),
    ("n de santander", "54"),
    ("norte santander", "54"),
    ("san andres de tumaco", "52835"),
    ("tumaco", "52835"),
    ("san jose de cucuta", "54001"),
    ("cucuta", "54001"),
    ("santiago de cali", "76001"),
    ("lopez de micay", "19418"),
    ("la montanita", "18410"),
    ("vista hermosa", "50711"),
    ("la uribe", "50370"),
    ("puerto leguizamo", "86573"),
    ("leguizamo", "86573"),
    ("magui payan", "52427"),
    ("la hormiga", "86865"),
    ("barrancominas", "94343"),
    ("barranco minas", "94343"),
    ("san miguel la dorada", "86757"),
    ("santa barbara iscuande", "52696"),
    ("iscuande", "52696"),
    ("francisco pizarro salahonda", "52520"),
    ("salahonda", "52520"),
    ("los andes sotomayor", "52418"),
    ("cartagena de indias", "13001"),
    ("sotara paispamba", "19760"),
    ("pizarro", "27077"),
    ("puerto inirida", "94001"),
];

/// The names that are known.
#[derive(Debug, Clone, Default)]
pub struct Gazetteer {
    places: BTreeMap<String, Vec<Place>>,
    labels: BTreeMap<MunicipalityCode, String>,
}

impl Gazetteer {
    /// Departments, and the municipalities of a census with their names.
    pub fn new(municipalities: &BTreeMap<MunicipalityCode, String>) -> Self {
        let mut all = Self { labels: municipalities.clone(), ..Self::default() };
        for number in 0..100 {
            let code = format!("{number:02}");
            if let Some(name) = department_name(&code) {
                all.add(name, Place::Department(code));
            }
        }
        for (code, name) in municipalities {
            all.add(name, Place::Municipality(code.clone()));
        }
        for (name, code) in ALIASES {
            match MunicipalityCode::parse(code) {
                Ok(code) if municipalities.contains_key(&code) => all.add(name, Place::Municipality(code)),
                Err(_) => all.add(name, Place::Department(code.to_owned())),
                Ok(_) => {}
            }
        }
        all
    }

    fn add(&mut self, name: &str, place: Place) {
        let bare = name.split(['(', ',']).next().unwrap_or_default();
        let places = self.places.entry(normalised(bare).replace('_', "")).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    /// The longest name at the head of `words`: the places that have it, departments first, and how many words it takes.
    pub(super) fn find(&self, words: &[&str]) -> Option<(Vec<Place>, usize)> {
        (1..=words.len().min(LONGEST)).rev().find_map(|n| {
            let mut places = self.places.get(&words[..n].concat())?.clone();
            places.sort();
            Some((places, n))
        })
    }

    /// A municipality of the census by its five digits.
    pub(super) fn by_code(&self, digits: &str) -> Option<Place> {
        let code = MunicipalityCode::parse(digits).ok().filter(|code| self.labels.contains_key(code))?;
        Some(Place::Municipality(code))
    }

    /// Name and code: `Tumaco (52835)`.
    pub fn label(&self, place: &Place) -> String {
        match place {
            Place::Country => "Colombia".to_owned(),
            Place::Department(code) => format!("{} ({code})", department_name(code).unwrap_or("department")),
            Place::Municipality(code) => {
                let name = self.labels.get(code).map_or("municipality", String::as_str);
                let department = department_name(code.department()).unwrap_or("its department");
                format!("{name}, {department} ({code})")
            }
        }
    }
}

/// A name in a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// Places of that name.
    pub places: Vec<Place>,
    /// As it was written.
    pub text: String,
    /// `municipality of` stands before it, or `department of`.
    pub level: Option<Level>,
    /// It stands after the words of an order: `the municipality with the most coca in Nariño`.
    pub after_order: bool,
    /// `and` stands before it.
    pub joined: bool,
    /// It follows the name before it at once: `Argelia, Cauca`, `Riosucio (Caldas)`.
    pub beside: bool,
}

/// What a mention was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A municipality.
    Municipality,
    /// A department.
    Department,
}

impl Mention {
    /// A name and the places that have it.
    pub(super) fn new(places: Vec<Place>, text: &str) -> Self {
        Self { places, text: text.to_owned(), level: None, after_order: false, joined: false, beside: false }
    }

    /// The places of the level that it was called by, if there are any.
    fn called(&self) -> Vec<Place> {
        let of_level = |p: &&Place| match self.level {
            Some(Level::Municipality) => matches!(p, Place::Municipality(_)),
            Some(Level::Department) => matches!(p, Place::Department(_)),
            None => true,
        };
        let called: Vec<Place> = self.places.iter().filter(of_level).cloned().collect();
        if called.is_empty() { self.places.clone() } else { called }
    }
}

/// The places that a sentence speaks of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// The place.
    pub place: Place,
    /// A second one, that it is compared with.
    pub other: Option<Place>,
    /// Department whose municipalities are put in order.
    pub within: Option<String>,
    /// What had to be assumed.
    pub remarks: Vec<String>,
}

/// Settles the mentions of a sentence. A department beside the name of a municipality tells which one is meant; a name of
/// both is the department's.
///
/// # Errors
/// [`NotUnderstood`] where a name has several municipalities, or more than two places are left.
pub(super) fn settle(mentions: &[Mention], compared: bool, names: &Gazetteer) -> Result<Found, NotUnderstood> {
    let mut remarks = Vec::new();
    let mut settled: Vec<Place> = Vec::new();
    let mut within = None;
    let is_department = |m: &Mention| matches!(m.places.as_slice(), [Place::Department(_), ..]);
    let mut skip = false;
    for (i, mention) in mentions.iter().enumerate() {
        if std::mem::take(&mut skip) || mention.places == [Place::Country] {
            continue;
        }
        // "Argelia, Cauca": the next name is the department of this one. "In Cauca, Argelia": so is the one before.
        let next = mentions.get(i + 1).filter(|n| !n.joined && (!compared || mentions.len() > 2));
        let before =
            i.checked_sub(1).map(|b| &mentions[b]).filter(|b| !compared && !mention.joined && is_department(b));
        if let Some((place, department)) = next.and_then(|n| inside(mention, n)) {
            within = department;
            settled.push(place);
            skip = true;
        } else if let Some((place, department)) =
            before.filter(|_| !is_department(mention)).and_then(|b| inside(mention, b))
        {
            within = department;
            settled.pop();
            settled.push(place);
        } else {
            refuse_other_department(mention, mentions.get(i + 1).filter(|n| n.beside && !compared), names)?;
            settled.push(one(mention, names, &mut remarks)?);
        }
    }
    settled.dedup();
    let country = mentions.iter().any(|m| m.places == [Place::Country]);
    let mut places = settled.into_iter();
    let found = (places.next(), places.next());
    if places.next().is_some() {
        return Err(NotUnderstood::because("more than two places are named; give a claim for each"));
    }
    // "... of Colombia" sets a share or an order against the country.
    let within = within.filter(|_| !country);
    let (Some(place), other) = found else {
        if !country {
            remarks.push("no place is named: Colombia is assumed".to_owned());
        }
        return Ok(Found { place: Place::Country, other: None, within, remarks });
    };
    Ok(Found { place, other, within, remarks })
}

/// The only municipality of a mention in a department; with the department where the sentence orders its municipalities.
fn inside(mention: &Mention, department: &Mention) -> Option<(Place, Option<String>)> {
    let Some(Place::Department(code)) = department.places.first() else { return None };
    let in_it = |p: &&Place| matches!(p, Place::Municipality(m) if m.department() == code);
    let mut places = mention.places.iter().filter(in_it);
    let (Some(place), None) = (places.next(), places.next()) else { return None };
    let ordered = department.after_order || department.level == Some(Level::Municipality);
    Some((place.clone(), ordered.then(|| code.clone())))
}

/// `Riosucio (Caldas)`, where the census lists a municipality of that name elsewhere only.
fn refuse_other_department(mention: &Mention, next: Option<&Mention>, names: &Gazetteer) -> Result<(), NotUnderstood> {
    let Some([Place::Department(code)]) = next.map(|n| n.places.as_slice()) else { return Ok(()) };
    if !mention.places.iter().all(|p| matches!(p, Place::Municipality(_))) {
        return Ok(());
    }
    let listed: Vec<String> = mention.places.iter().map(|p| names.label(p)).collect();
    Err(NotUnderstood::because(format!(
        "the census lists no municipality '{}' in {}, only {}",
        mention.text,
        names.label(&Place::Department(code.clone())),
        listed.join("; ")
    )))
}

fn one(mention: &Mention, names: &Gazetteer, remarks: &mut Vec<String>) -> Result<Place, NotUnderstood> {
    let text = &mention.text;
    let places = mention.called();
    let all = || places.iter().map(|p| names.label(p)).collect::<Vec<_>>();
    match places.as_slice() {
        [place] => Ok(place.clone()),
        [place @ Place::Department(_), ..] => {
            remarks.push(format!("'{text}' is read as the department; the name has also {}", all()[1..].join(", ")));
            Ok(place.clone())
        }
        _ => Err(NotUnderstood::because(format!(
            "'{text}' is the name of several municipalities: {}; name the department too",
            all().join("; ")
        ))),
    }
}
