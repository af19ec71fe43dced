//! Every archive of the list of hostile ones gets the verdict that the book says.

use sealift_archive::{ExamineOptions, Fault, FaultKind, ProvenReader, examine, look};
use sealift_testing::hostile::{Case, Verdict};

sealift_testing::hostile_cases!(check);

/// Reads it thoroughly, cheaply, and as whoever passes it on.
fn check(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive");
    std::fs::write(&path, (case.make)()).unwrap();
    let found = examine(&path, &ExamineOptions::default());
    let (verdict, says) = match &found {
        Ok(_) => (Verdict::Whole, String::new()),
        Err(error) => said(error.as_fault().unwrap()),
    };
    assert_eq!((verdict, says.as_str()), (case.verdict, case.says));
    assert!(!says.chars().any(char::is_control), "{says:?}");
    look(&path).unwrap();

    let mut proven = 0;
    let mut buffer = [0; 4096];
    let mut read = || -> Result<(), sealift_archive::Error> {
        let mut reader = ProvenReader::open(&path)?;
        while reader.read(&mut buffer)? > 0 {}
        proven += 1;
        Ok(())
    };
    let passed_on = read();
    assert_eq!(passed_on.is_ok(), found.is_ok());
    if let Err(error) = passed_on {
        assert_eq!(said(error.as_fault().unwrap()), (verdict, says));
    }
}

fn said(fault: &Fault) -> (Verdict, String) {
    let verdict = match fault.kind() {
        FaultKind::Damaged => Verdict::Damaged,
        FaultKind::NotAnImage => Verdict::NoImage,
        _ => Verdict::NotTaken,
    };
    let says = fault.to_string();
    (verdict, says.strip_prefix("holds no image: ").map_or(says.clone(), str::to_owned))
}
