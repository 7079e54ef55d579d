//! The folder of a run as a picture.

use cocal::report::picture::BLANK;
use cocal::report::picture::mask::COCA_OVER_IMAGERY;

use super::pixels;
use crate::small_project::{SCENE, SmallProject};

#[test]
fn a_run_shows_its_scene_and_its_mask_until_the_scene_is_gone() {
    let project = SmallProject::new();
    project.runs();
    let draw = |arguments: &[&str]| {
        let done = project.call(&[&["preview", "out", "-o", "p.png"], arguments].concat());
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{said}");
        (pixels(&std::fs::read(project.path("p.png")).unwrap()), said)
    };
    let ((picture, cols), said) = draw(&["--threads", "1"]);
    assert_eq!((cols, picture.len()), (40, 1600));
    assert!(said.contains("working picture") && said.contains("--cell 1km"), "{said}");
    let [r, g, b] = COCA_OVER_IMAGERY;
    // The coca stripe is 13 columns wide; its borders are lines.
    let row = &picture[20 * 40..21 * 40];
    assert!((12..16).any(|col| row[col] == [r, g, b, 255]), "{row:?}");
    assert!(row[20] != row[5] && row[20] != row[35] && row[20] != [r, g, b, 255], "{row:?}");
    assert_eq!(draw(&["--threads", "3"]).0, (picture.clone(), cols), "the same for any threads");
    let wrong = project.call(&["preview", "out", "--year", "2019", "-o", "q.png"]);
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(wrong.status.code() == Some(1) && said.contains("no mask of 2019") && said.contains("2024"), "{said}");

    std::fs::remove_file(project.path(SCENE)).unwrap();
    let ((alone, _), said) = draw(&[]);
    assert!(said.contains("the mask is drawn alone") && said.contains("scene_2024-07-01.tif"), "{said}");
    assert_eq!(alone[20 * 40 + 5], BLANK, "no imagery, no coca");
    assert_eq!(alone[20 * 40 + 20], [244, 236, 142, 255], "0.6 of 236 and 0.4 of the colour");
    // A kilometre is more than the raster: nothing of less than half a cell is drawn.
    let ((cells, _), _) = draw(&["--cell", "1km"]);
    assert!(!cells.contains(&alone[20 * 40 + 20]), "a mask's pixel");

    std::fs::rename(project.path("out/run.json"), project.path("run.txt")).unwrap();
    let gone = project.call(&["preview", "out", "-o", "q.png"]);
    let said = String::from_utf8_lossy(&gone.stderr).into_owned();
    assert!(gone.status.code() == Some(1) && said.contains("no run.json"), "{said}");
    project.write("out/run.json", "{\"grid\": 3}");
    let broken = project.call(&["preview", "out", "-o", "q.png"]);
    let said = String::from_utf8_lossy(&broken.stderr).into_owned();
    assert!(broken.status.code() == Some(1) && said.contains("is not the record of a run"), "{said}");
    assert!(!project.path("q.png").exists());
}
