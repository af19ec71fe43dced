//! Every public asynchronous function can be spawned as a task, if the task owns everything that
//! the function borrows.

use std::fs;
use std::path::Path;

use sealift_catalog::{Query, Retention};
use sealift_docker::{BuildRequest, Engine};
use sealift_filename::Reference;
use sealift_store::{Store, TargetFolder};
use sealift_workflow::{
    AddOptions, Cancel, CleanPlan, Cluster, ConfigOptions, EngineLoad, ExportOptions, FetchOptions,
    ListOptions, LoadRequest, PublishOptions, PublishedArchive, PublishedPlace, Run, Selection,
    ServeOptions, UpdateOptions, VerifyFolderOptions, VerifyPlaceOptions,
};

/// Accepts any future that [`tokio::spawn`] accepts.
fn spawnable(_future: impl Future<Output: Send + 'static> + Send + 'static) {}

/// The arguments of the functions. The test is that this file compiles; the functions never run.
struct Arguments {
    engine: Engine,
    store: Store,
    folder: TargetFolder,
    place: PublishedPlace,
    context: Run,
    query: Query,
    references: Vec<Reference>,
    retention: Retention,
    clean: CleanPlan,
    cancel: Cancel,
}

#[expect(dead_code, reason = "the test is that it compiles")]
fn each_is_spawnable(arguments: impl Fn() -> Arguments) {
    let Arguments { engine, store, context, references, .. } = arguments();
    let options = UpdateOptions::default();
    spawnable(async move {
        sealift_workflow::update(&engine, &store, &references, &options, |_| {}, &context).await
    });
    let Arguments { engine, store, context, references, .. } = arguments();
    let options = UpdateOptions::default();
    spawnable(async move {
        sealift_workflow::plan_update(&engine, Some(&store), &references, &options, &context).await
    });
    let Arguments { engine, store, context, .. } = arguments();
    spawnable(async move {
        let request = LoadRequest::default().with_folder((store, Selection::All(None)));
        let print = |load: &EngineLoad| assert!(load.result.is_ok());
        sealift_workflow::load(&[engine], &request, print, &context).await
    });
    let Arguments { store, context, place, .. } = arguments();
    spawnable(async move {
        let options = FetchOptions::default();
        let plan = sealift_workflow::plan_fetch(&store, &place, &options, &context).await?;
        drop(plan);
        sealift_workflow::fetch(&store, &place, &options, |_| {}, &context).await
    });
    let Arguments { store, context, .. } = arguments();
    spawnable(async move {
        let options = ServeOptions::default();
        sealift_workflow::serve(&store, &options, |_| {}, |_| {}, &context).await
    });
    let Arguments { store, context, .. } = arguments();
    spawnable(async move {
        let options = AddOptions::default();
        sealift_workflow::add(&store, Path::new("web.tar"), &options, &context).await
    });
    let Arguments { store, context, query, references, .. } = arguments();
    spawnable(async move { sealift_workflow::tag(&store, &query, &references[0], &context).await });
    let Arguments { store, context, folder, .. } = arguments();
    spawnable(async move {
        let (options, all) = (ExportOptions::from(Cluster::K3s), Selection::All(None));
        let to = folder.path();
        let plan = sealift_workflow::plan_export(&store, to, &all, &options, &context).await?;
        drop(plan);
        sealift_workflow::export(&store, &folder, &all, &options, |_| {}, &context).await
    });
    let Arguments { store, context, place, .. } = arguments();
    spawnable(async move {
        let options = PublishOptions::default();
        let plan = sealift_workflow::plan_publish(&store, &place, &options, &context).await?;
        drop(plan);
        let print = |archive: &PublishedArchive| assert!(archive.size > 0);
        sealift_workflow::publish(&store, &place, &options, print, &context).await
    });
    let Arguments { context, place, .. } = arguments();
    spawnable(async move {
        let options = FetchOptions::default();
        sealift_workflow::list_published(&place, &options, &context).await
    });
    let Arguments { context, place, .. } = arguments();
    spawnable(async move {
        let options = VerifyPlaceOptions::default();
        sealift_workflow::verify_published(&place, &options, |_| {}, &context).await
    });
    let Arguments { store, context, query, .. } = arguments();
    spawnable(async move {
        let form = Cluster::Containerd.into();
        sealift_workflow::cat_for(&store, &query, form, std::io::sink(), &context).await
    });
    let Arguments { store, context, .. } = arguments();
    spawnable(async move {
        let options = VerifyFolderOptions::default();
        sealift_workflow::verify(&store, &options, |_| {}, &context).await
    });
    let Arguments { store, context, retention, .. } = arguments();
    spawnable(async move { sealift_workflow::plan_clean(&store, &retention, &context).await });
    let Arguments { store, context, clean, .. } = arguments();
    spawnable(async move { sealift_workflow::clean(&store, &clean, &context).await });
    let Arguments { store, context, query, .. } = arguments();
    spawnable(async move { sealift_workflow::diff(&store, &query, &query, &context).await });
    let Arguments { store, context, query, .. } = arguments();
    spawnable(async move { sealift_workflow::show(&store, &query, &context).await });
    let Arguments { store, context, query, .. } = arguments();
    spawnable(async move { sealift_workflow::path(&store, &query, &context).await });
    let Arguments { store, context, query, .. } = arguments();
    spawnable(async move { sealift_workflow::cat(&store, &query, Vec::new(), &context).await });
    let Arguments { store, context, .. } = arguments();
    spawnable(
        async move { sealift_workflow::list(&store, &ListOptions::default(), &context).await },
    );
    let Arguments { store, context, .. } = arguments();
    spawnable(async move {
        sealift_workflow::config(&store, &ConfigOptions::default(), &context).await
    });
    let Arguments { store, context, .. } = arguments();
    spawnable(
        async move { sealift_workflow::sums(&store, &ConfigOptions::default(), &context).await },
    );
    let Arguments { engine, context, .. } = arguments();
    spawnable(async move {
        let request = BuildRequest::new(".", "web:1");
        sealift_workflow::build(&engine, request, &context).await
    });
    let Arguments { cancel, .. } = arguments();
    spawnable(async move { cancel.cancelled().await });
}

/// Collects the content of every source file below a folder.
fn sources(folder: &Path, texts: &mut Vec<String>) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        match path.is_dir() {
            true => sources(&path, texts),
            false => texts.push(fs::read_to_string(path).unwrap()),
        }
    }
}

#[test]
fn every_public_asynchronous_function_is_listed() {
    let (mut missing, mut texts) = (Vec::new(), Vec::new());
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut texts);
    for text in texts {
        for rest in text.split("pub async fn ").skip(1) {
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !include_str!("spawn.rs").contains(&format!("{name}(")) {
                missing.push(name);
            }
        }
    }
    assert_eq!(missing, [""; 0], "add them to `each_is_spawnable`");
}
