use sealift_catalog::PlanOptions;
use sealift_filename::Repository;

use crate::folder::{Folder, readings};

#[test]
fn only_archives_that_the_plan_depends_on_are_read() {
    let folder = Folder::new();
    folder.put_image("web", "1.0", 1);
    folder.put_image("web", "1.1", 2);
    folder.put_image("web_admin", "1.0", 3);
    let images = [(Repository::parse("web").unwrap(), "1.0".into())];
    let (snapshot, read) =
        readings(|learn| folder.store.snapshot(&images, &PlanOptions::default(), learn).unwrap());
    assert_eq!((snapshot.entries().len(), read), (2, 1));
    let (snapshot, read) = readings(|learn| {
        folder.store.snapshot(&images, &PlanOptions::default().with_clean(true), learn).unwrap()
    });
    assert_eq!(read, 1);
    assert!(snapshot.entries().iter().all(|entry| entry.identity().is_some()));
}
