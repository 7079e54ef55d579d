//! The rules that the values of a project file keep.

use super::{Project, ProjectError};

/// Checks every value.
pub(super) fn check(project: &Project) -> Result<(), ProjectError> {
    let must = |ok: bool, table, key, value: String, rule| {
        if ok { Ok(()) } else { Err(ProjectError::Value { table, key, value, rule }) }
    };
    let without_census = project.records.census.is_none() && !project.records.eradication.is_empty();
    let eradication = project.records.eradication.join(", ");
    must(
        !without_census,
        "records",
        "eradication",
        eradication,
        "a comparison needs the census too: census = \"...\"",
    )?;
    let not_negative = |v: f64| v.is_finite() && v >= 0.0;
    let (years, classifier) = (&project.years, &project.classifier);
    for year in &years.census {
        must((1970..=2200).contains(year), "years", "census", year.to_string(), "years from 1970 to 2200")?;
        years.cutoff_date(*year)?;
    }
    years.cutoff_date(2001)?;
    let days = years.window_days;
    must((1..=3660).contains(&days), "years", "window_days", days.to_string(), "1 to 3660 days")?;
    must(!project.scenes.is_empty(), "scenes", "path", "none".to_owned(), "at least one [[scenes]] is needed")?;
    for scene in &project.scenes {
        let both = scene.scale.is_some() == scene.offset.is_some();
        must(both, "scenes", "scale", format!("{:?}", scene.scale), "scale and offset come together")?;
    }
    if let Some(grid) = &project.grid {
        let size = grid.resolution;
        must(size.is_finite() && size > 0.0, "grid", "resolution", size.to_string(), "a positive pixel size")?;
    }
    let dilation = project.validity.dilation_m;
    must(not_negative(dilation), "validity", "dilation_m", dilation.to_string(), "0 or more metres")?;
    let unit = project.mask.minimum_mapping_unit_ha;
    must(not_negative(unit), "mask", "minimum_mapping_unit_ha", unit.to_string(), "0 or more hectares")?;
    must(
        classifier.model.is_some() || classifier.samples.is_some(),
        "classifier",
        "model",
        "none".to_owned(),
        "name a model made by `cocal train`, or labelled samples to train one on",
    )?;
    let block = classifier.block_m;
    must(not_negative(block), "classifier", "block_m", block.to_string(), "0 or more metres")?;
    let trees = classifier.trees.unwrap_or(1);
    must((1..=10_000).contains(&trees), "classifier", "trees", trees.to_string(), "1 to 10000 trees")?;
    let folds = classifier.folds;
    must((2..=100).contains(&folds), "classifier", "folds", folds.to_string(), "2 to 100 folds")?;
    let host = |host: &&String| host.is_empty() || host.contains(['/', '@', ' ', '?', '*']);
    if let Some(host) = project.network.hosts.iter().find(host) {
        let rule = "names of servers, such as \"data.example.org\" or \"localhost:9000\", without scheme or path";
        must(false, "network", "hosts", format!("{host:?}"), rule)?;
    }
    check_formats(project)?;
    for (i, entry) in project.assessment.iter().enumerate() {
        let twice = project.assessment[..i].iter().any(|other| other.year == entry.year);
        must(
            !twice,
            "assessment",
            "year",
            entry.year.to_string(),
            "the year of another [[assessment]] too; a year has one sample",
        )?;
        let mapped = years.census.is_empty() || years.census.contains(&entry.year);
        must(
            mapped,
            "assessment",
            "year",
            entry.year.to_string(),
            "not among the years of [years] census, which are mapped",
        )?;
    }
    Ok(())
}

/// Formats of the map layer: at least one, each once; a word that is none is refused with the file's line.
fn check_formats(project: &Project) -> Result<(), ProjectError> {
    let formats = &project.output.formats;
    let twice = formats.iter().enumerate().any(|(i, format)| formats[..i].contains(format));
    if formats.is_empty() || twice {
        let value = format!("{formats:?}").to_lowercase();
        let rule = "one or more of \"geojson\", \"gpkg\", \"geoparquet\", \"flatgeobuf\", \"csv\", each once";
        return Err(ProjectError::Value { table: "output", key: "formats", value, rule });
    }
    Ok(())
}
