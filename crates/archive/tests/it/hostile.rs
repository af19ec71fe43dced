//! Each hostile archive results in the verdict that the book states.

use sealift_archive::{
    Error, ExamineOptions, Fault, FaultKind, VerifiedReader, examine, examine_file, look_file,
};
use sealift_testing::hostile::{Case, Verdict};

sealift_testing::hostile_cases!(check);

/// Verifies a hostile archive with `examine`, `look` and `VerifiedReader`.
fn check(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive");
    std::fs::write(&path, (case.make)()).unwrap();
    let found = examine_file(&path, &ExamineOptions::default());
    let (verdict, says) = match &found {
        Ok(_) => (Verdict::Whole, String::new()),
        Err(error) => said(error.as_fault().unwrap()),
    };
    assert_eq!((verdict, says.as_str()), (case.verdict, case.says));
    assert!(!says.chars().any(char::is_control), "{says:?}");
    look_file(&path).unwrap();
    let in_memory = examine((case.make)(), &ExamineOptions::default());
    assert_eq!(
        in_memory.as_ref().err().map(Error::as_fault),
        found.as_ref().err().map(Error::as_fault)
    );

    let mut verified = 0;
    let mut read = || -> std::io::Result<()> {
        let mut reader = VerifiedReader::open(&path)?;
        std::io::copy(&mut reader, &mut std::io::sink())?;
        verified += 1;
        Ok(())
    };
    let passed_on = read();
    assert_eq!(passed_on.is_ok(), found.is_ok());
    if let Err(error) = passed_on.map_err(|error| error.downcast::<Error>().unwrap()) {
        assert_eq!(said(error.as_fault().unwrap()), (verdict, says));
    }
}

fn said(fault: &Fault) -> (Verdict, String) {
    let verdict = match fault.kind() {
        FaultKind::Damaged => Verdict::Damaged,
        FaultKind::NotAnImage => Verdict::NoImage,
        _ => Verdict::Unsupported,
    };
    (verdict, fault.reason().to_string())
}
