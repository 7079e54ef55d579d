//! From words and figures to statements: the rules of the grammar.

use super::band::{band, of_multiple, signed, signed_as_written};
use super::gather::{Found, Multiple, Told};
use super::parse::pair;
use super::place::{Found as Places, Place};
use super::scan::Unit;
use super::types::{Direction, NotUnderstood, Statement, Subject, Target};
use super::words::Word;

/// What a sentence says.
pub(super) struct Read {
    pub statements: Vec<Statement>,
    pub negated: bool,
    pub remarks: Vec<String>,
}

/// The statements of a sentence.
///
/// # Errors
/// [`NotUnderstood`] where a figure has no unit or no use, or nothing is said.
pub(super) fn statements(found: &Found, subject: Subject, places: &Places) -> Result<Read, NotUnderstood> {
    if found.odd_comparison {
        return Err(NotUnderstood::because("a comparison with what is no year, place or figure"));
    }
    // "coca fell with eradication", "eradication reduced coca"
    let of_two = ["cde", "cDe", "eD"].iter().any(|pattern| found.holds_in_order(pattern));
    if of_two && matches!(subject, Subject::Eradication(_)) {
        return Err(NotUnderstood::because(
            "coca or eradication: of which is it said? what one did to the other is not in the records",
        ));
    }
    if found.has(Word::Places) && !found.has_any(&[Word::Most, Word::Top]) {
        return Err(NotUnderstood::because("several places without a name"));
    }
    let negations = found.words.iter().filter(|w| **w == Word::Not).count();
    if negations > 1 {
        return Err(NotUnderstood::because("two negations"));
    }
    if negations == 1 && found.has(Word::Reach) {
        return Err(NotUnderstood::because("not reached, or not so much? say 'less than', or 'was not'"));
    }
    let mut out = Statements { found, subject, said: Vec::new(), used: 0, remarks: Vec::new() };
    out.refuse_figures()?;
    let direction = out.direction()?;
    let rate = out.rate(direction)?;
    out.refuse_changes_of_changes(direction, rate)?;
    if rate && places.other.is_some() {
        return Err(NotUnderstood::because("growth of two places: give a claim for each"));
    }
    if !rate {
        out.share(direction, places)?;
        out.against(places)?;
        out.order(places)?;
        out.amounts(direction)?;
    }
    if found.has(Word::Share) && !out.said.iter().any(|s| matches!(s, Statement::Share(_))) {
        return Err(NotUnderstood::because(
            "a share that changed, or no share in per cent: the grammar holds one share",
        ));
    }
    if out.used < found.figures.len() {
        return Err(NotUnderstood::because("more figures than the grammar can place; give a claim for each"));
    }
    let mut negated = negations == 1;
    if out.said.is_empty() {
        out.existence(&mut negated)?;
    }
    Ok(Read { statements: out.said, negated, remarks: out.remarks })
}

struct Statements<'a> {
    found: &'a Found,
    subject: Subject,
    said: Vec<Statement>,
    /// Figures that a statement holds.
    used: usize,
    remarks: Vec<String>,
}

impl Statements<'_> {
    fn refuse_figures(&self) -> Result<(), NotUnderstood> {
        let paired = pair(self.found);
        for told in &self.found.figures {
            let value = told.figure.number.value;
            let in_pair = paired.is_some_and(|(from, to)| {
                to.figure.unit != Unit::Bare && [from, to].iter().any(|t| t.figure.number == told.figure.number)
            });
            // Nothing needs no unit.
            if told.figure.unit == Unit::Bare && !in_pair && value != 0.0 {
                return Err(NotUnderstood::because(format!("the figure {value} has no unit: hectares or per cent")));
            }
            let weighed = self.subject == Subject::Seizures;
            if (told.figure.unit == Unit::Kilograms && !weighed) || (told.figure.unit == Unit::Hectares && weighed) {
                return Err(NotUnderstood::because("seizures are in kilograms or tonnes, all else in hectares"));
            }
            if told.figure.unit == Unit::Fold
                && told.suffix.is_none()
                && !self.found.has(Word::Up)
                && !self.found.compared
            {
                return Err(NotUnderstood::because("'times' without what grew"));
            }
        }
        // "9.8 percent points" is no unit; it is not "9.8 percent" either.
        if self.found.has(Word::Points) {
            return Err(NotUnderstood::because("points of what, and how many?"));
        }
        Ok(())
    }

    /// The direction of the sentence's words; growth and falls together are two claims.
    fn direction(&self) -> Result<Option<Direction>, NotUnderstood> {
        let (up, down) = (self.found.has(Word::Up), self.found.has(Word::Down));
        if up && down {
            return Err(NotUnderstood::because("more and less in one sentence: give a claim for each"));
        }
        Ok(if up { Some(Direction::Up) } else { down.then_some(Direction::Down) })
    }

    /// `fell more in 2003 than in 2002`, `grew less in 2021`, `growth halved`: of two changes the grammar holds `grew more
    /// (less) than`, and of growth that it slowed or went from one rate to another.
    fn refuse_changes_of_changes(&self, direction: Option<Direction>, rate: bool) -> Result<(), NotUnderstood> {
        let found = self.found;
        let suffixed = found.figures.iter().any(|t| t.suffix.is_some());
        let loose = found.has_any(&[Word::More, Word::Less]) && !suffixed;
        let of_rate = found.has_any(&[Word::Growth, Word::Slower, Word::Faster]);
        let differ = direction.is_some()
            && found.figures.iter().any(|t| t.suffix.is_some_and(|s| found.compared || Some(s) != direction));
        let moves = direction.is_some() || found.has_any(&[Word::Slower, Word::Faster]) || !found.multiples.is_empty();
        let times = direction.is_some() && found.compared && !found.multiples.is_empty();
        if times || differ || (loose && moves && (!rate || of_rate)) {
            return Err(NotUnderstood::because(
                "'more' or 'less' of a rise or fall: the grammar holds 'grew more (less) than in' the year before",
            ));
        }
        let in_words = !found.multiples.is_empty() || found.figures.iter().any(|t| t.figure.unit == Unit::Part);
        if of_rate && in_words {
            return Err(NotUnderstood::because(
                "a multiple or part of a growth rate: the grammar holds percentage points, and one rate to another",
            ));
        }
        Ok(())
    }

    /// The growth rate itself: slowed, accelerated, by so many points, from one rate to another.
    fn rate(&mut self, direction: Option<Direction>) -> Result<bool, NotUnderstood> {
        let found = self.found;
        let (slower, faster) = (found.has(Word::Slower), found.has(Word::Faster));
        let of_growth = found.has(Word::Growth);
        let compared = match (found.has(Word::More), found.has(Word::Less)) {
            (true, false) => Some(Direction::Up),
            (false, true) => Some(Direction::Down),
            _ => None,
        };
        let rates = pair(found).filter(|(from, _)| of_growth && from.figure.unit == Unit::Percent);
        let moved = match (slower, faster) {
            (true, true) => {
                return Err(NotUnderstood::because("slower and faster in one sentence: give a claim for each"));
            }
            (true, false) => Some(Direction::Down),
            (false, true) => Some(Direction::Up),
            _ if of_growth => direction.or(compared),
            // "grew less than in 2023"
            _ if direction == Some(Direction::Up)
                && found.compared
                && found.figures.iter().all(|t| t.suffix.is_none()) =>
            {
                compared
            }
            _ => None,
        };
        if moved.is_none() && rates.is_none() {
            return Ok(false);
        }
        if (slower || faster) && direction == Some(Direction::Down) && !of_growth {
            return Err(NotUnderstood::because("a fall that slowed or accelerated: the grammar holds growth only"));
        }
        if let Some((from, to)) = rates {
            let rising = to.figure.number.value > from.figure.number.value;
            self.said.push(Statement::GrowthBefore(band(&from)));
            self.said.push(Statement::Growth(band(&to)));
            self.said.push(Statement::Rate(if rising { Direction::Up } else { Direction::Down }));
            self.used += 2;
            return Ok(true);
        }
        let Some(moved) = moved else { return Ok(false) };
        self.said.push(Statement::Rate(moved));
        // "growth fell 30 percent" is not "growth fell to 30 percent".
        let itself = slower || faster || (of_growth && direction.is_some());
        for told in &found.figures {
            match (told.figure.unit, told.role) {
                (Unit::Points, _) => self.said.push(Statement::RateChange(signed(told, moved))),
                (Unit::Percent, role @ (Some(Word::To | Word::Of) | None))
                    if told.suffix.is_none() && (!itself || role == Some(Word::To)) =>
                {
                    self.said.push(Statement::Growth(signed_as_written(told)));
                }
                _ => {
                    return Err(NotUnderstood::because(
                        "a growth rate changes by percentage points, or to a rate in per cent",
                    ));
                }
            }
            self.used += 1;
        }
        Ok(true)
    }

    fn share(&mut self, direction: Option<Direction>, places: &Places) -> Result<(), NotUnderstood> {
        let whole = |t: &&Told| {
            matches!(t.figure.unit, Unit::Percent | Unit::Part) && (t.of_whole || self.found.has(Word::Share))
        };
        let Some(told) = self.found.figures.iter().find(whole) else { return Ok(()) };
        if direction.is_some() || told.suffix.is_some() {
            return Ok(());
        }
        if matches!(self.subject, Subject::Eradication(_)) && self.found.has(Word::Coca) {
            return Err(NotUnderstood::because(
                "a share of coca that was eradicated: the records hold shares of one thing",
            ));
        }
        if places.place == Place::Country {
            return Err(NotUnderstood::because("a share of the country, but of no place in it"));
        }
        self.said.push(Statement::Share(band(told)));
        self.used += 1;
        Ok(())
    }

    fn against(&mut self, places: &Places) -> Result<(), NotUnderstood> {
        let Some(other) = &places.other else { return Ok(()) };
        let direction = match (self.found.has(Word::More), self.found.has(Word::Less)) {
            (true, false) if self.found.compared => Direction::Up,
            (false, true) if self.found.compared => Direction::Down,
            _ => return Err(NotUnderstood::because("two places are named; give a claim for each, or 'more than'")),
        };
        if self.found.has_any(&[Word::Up, Word::Down, Word::Growth]) {
            return Err(NotUnderstood::because("growth of two places: give a claim for each"));
        }
        if !self.found.figures.is_empty() || !self.found.multiples.is_empty() {
            return Err(NotUnderstood::because(
                "by how much one place differs from another: the grammar holds more or less",
            ));
        }
        self.said.push(Statement::Against { other: other.clone(), direction });
        Ok(())
    }

    /// The order of places, and of years.
    fn order(&mut self, places: &Places) -> Result<(), NotUnderstood> {
        let found = self.found;
        let rank = found.words.iter().find_map(|w| if let Word::Rank(n) = w { Some(*n) } else { None });
        let of_places = found.has_any(&[Word::Municipality, Word::Department]);
        let in_country = places.place != Place::Country;
        let years = found.has(Word::Year) && !of_places;
        if rank.is_some() || (found.has(Word::Most) && !years) || (found.has(Word::Top) && of_places) {
            if !in_country {
                return Err(NotUnderstood::because("an order of places, but no place in the country is named"));
            }
            self.said.push(Statement::Rank(rank.unwrap_or(1)));
            return Ok(());
        }
        let record = found.has_any(&[Word::Record, Word::RecordLow]);
        let peak = found.has(Word::Peak);
        let top = found.has_any(&[Word::Top, Word::Bottom, Word::Most]);
        if !record && !peak && !top {
            return Ok(());
        }
        let since = found.years.iter().find(|(_, role)| *role == Some(Word::Since)).map(|(year, _)| *year);
        if top && !record && !peak && in_country && since.is_none() && !years {
            return Err(NotUnderstood::because(
                "the highest of the places or of the years? say 'record', 'since', or 'department with the most coca'",
            ));
        }
        let low = found.has_any(&[Word::RecordLow, Word::Bottom]);
        let direction = if low { Direction::Down } else { Direction::Up };
        self.said.push(Statement::Extreme { direction, since, later_too: since.is_none() && !record });
        Ok(())
    }

    fn amounts(&mut self, direction: Option<Direction>) -> Result<(), NotUnderstood> {
        let found = self.found;
        let grown = found.has(Word::Growth).then_some(Direction::Up);
        let direction = direction.or(grown);
        let ordered = !self.said.is_empty();
        let pair = pair(found).filter(|(from, _)| matches!(from.figure.unit, Unit::Hectares | Unit::Kilograms));
        if let Some((from, to)) = pair {
            let rising = to.figure.number.value > from.figure.number.value;
            if direction.is_some_and(|d| (d == Direction::Up) != rising) {
                return Err(NotUnderstood::because("the words say one direction and the figures the other"));
            }
            self.said.push(Statement::LevelBefore(band(&from)));
            self.said.push(Statement::Level(band(&to)));
            self.said.push(Statement::Moved(if rising { Direction::Up } else { Direction::Down }));
            self.used += 2;
        }
        for multiple in &found.multiples {
            self.said.push(Statement::Growth(of_multiple(multiple)));
        }
        let taken: Vec<Told> = pair.into_iter().flat_map(|(from, to)| [from, to]).collect();
        for told in &found.figures {
            let is_taken = taken.iter().any(|t| t.figure.number == told.figure.number && t.role == told.role);
            let is_share = ordered
                && matches!(self.said.first(), Some(Statement::Share(_)))
                && matches!(told.figure.unit, Unit::Percent | Unit::Part);
            if !is_taken && !is_share {
                self.amount(told, direction)?;
                self.used += 1;
            }
        }
        let silent = self.said.is_empty();
        match (direction, found.has(Word::More), found.has(Word::Less)) {
            (Some(direction), ..) if silent || (ordered && found.figures.is_empty()) => {
                self.said.push(Statement::Moved(direction));
            }
            (None, true, false) if silent => self.said.push(Statement::Moved(Direction::Up)),
            (None, false, true) if silent => self.said.push(Statement::Moved(Direction::Down)),
            // "9,403 ha, less than in 2023"
            (None, more, less)
                if more != less && found.compared && found.figures.iter().all(|t| t.suffix.is_none()) && !ordered =>
            {
                self.said.push(Statement::Moved(if more { Direction::Up } else { Direction::Down }));
            }
            (None, ..) if silent && found.has(Word::Flat) => self.said.push(Statement::Flat),
            _ => {}
        }
        let growths = self.said.iter().filter(|s| matches!(s, Statement::Growth(_))).count();
        let levels = self.said.iter().filter(|s| matches!(s, Statement::Level(_))).count();
        if growths > 1 || levels > 1 {
            return Err(NotUnderstood::because("two figures for one thing: give a claim for each"));
        }
        Ok(())
    }

    fn amount(&mut self, told: &Told, direction: Option<Direction>) -> Result<(), NotUnderstood> {
        let direction = told.suffix.or(direction);
        let to = told.role == Some(Word::To) && told.suffix.is_none();
        let more = self.found.compared && self.found.has_any(&[Word::More, Word::Less]);
        if told.role == Some(Word::By) && told.suffix.is_none() && direction.is_none() && more {
            return Err(NotUnderstood::because("more or less by so much: say 'grew by', or '... more than in'"));
        }
        if told.role == Some(Word::From) && told.suffix.is_none() {
            return Err(NotUnderstood::because("from so much, but to how much?"));
        }
        match (told.figure.unit, direction) {
            (Unit::Points, _) => Err(NotUnderstood::because("percentage points: of which rate? say 'growth'")),
            (Unit::Percent, Some(_)) if to => Err(NotUnderstood::because(
                "'to' so many per cent: of what? say 'by', or 'growth' where a rate is meant",
            )),
            (Unit::Part, Some(_)) if to => {
                let Target { low, high, open, .. } = band(told);
                self.said.push(Statement::Growth(Target { low: low - 100.0, high: high - 100.0, open, written: None }));
                Ok(())
            }
            (Unit::Percent | Unit::Part, Some(direction)) => {
                self.said.push(Statement::Growth(signed(told, direction)));
                Ok(())
            }
            (Unit::Fold, Some(Direction::Up) | None) => {
                let factor = told.figure.number.value;
                self.remarks.push(format!("read as {factor} times as much"));
                self.said.push(Statement::Growth(of_multiple(&Multiple { factor, bound: told.bound })));
                Ok(())
            }
            (Unit::Hectares | Unit::Kilograms, Some(direction)) if !to => {
                self.said.push(Statement::Change(signed(told, direction)));
                Ok(())
            }
            (Unit::Hectares | Unit::Kilograms | Unit::Bare, direction) => {
                self.said.push(Statement::Level(band(told)));
                self.said.extend(direction.map(Statement::Moved));
                Ok(())
            }
            (Unit::Percent, None) if told.figure.sign != 0 || self.found.has(Word::Vary) => {
                self.said.push(Statement::Growth(signed_as_written(told)));
                Ok(())
            }
            _ => Err(NotUnderstood::because(
                "per cent of what? say 'grew', 'fell', or 'of the coca' where a share is meant",
            )),
        }
    }

    /// There was some, or none.
    fn existence(&mut self, negated: &mut bool) -> Result<(), NotUnderstood> {
        let counted = self.found.words.iter().any(|w| {
            matches!(w, Word::Coca | Word::Eradication(_) | Word::AllMethods | Word::Seizures | Word::UnitedStates)
        });
        if !counted || !(*negated || self.found.has(Word::Was)) {
            return Err(NotUnderstood::because("no figure, direction, order or record is said"));
        }
        let none = Target { low: 0.0, high: 0.005, open: false, written: None };
        self.said.push(Statement::Level(if *negated { none } else { Target::beyond_zero(Direction::Up) }));
        *negated = false;
        Ok(())
    }
}
