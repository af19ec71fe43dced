//! The rules for dependencies between crates, and for packages that a crate must not reach even
//! through others.
//!
//! Normal dependencies count, with all features and on all platforms. Dependencies of tests and of
//! build scripts do not count.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// The crates that a crate may depend on, and the packages that it must not reach.
struct Rule {
    package: &'static str,
    /// The sealift crates below it, which it may depend on directly.
    below: &'static [&'static str],
    /// The packages that it must not reach, directly or through others.
    never: &'static [&'static [&'static str]],
}

const ASYNC: &[&str] = &["tokio", "async-std", "smol", "async-global-executor"];
const HTTP: &[&str] = &["bollard", "hyper", "hyper-util", "reqwest", "ureq", "http"];
const FILES: &[&str] =
    &["fs-err", "tempfile", "walkdir", "fs2", "fs4", "rustix", "cap-std", "memmap2"];
const ARGUMENTS: &[&str] = &["clap", "clap_builder", "lexopt", "pico-args"];
const TERMINAL: &[&str] = &["anstream", "anstyle", "console", "indicatif", "crossterm"];

/// The crates from the lowest to the highest, as in the table of docs/architecture.md.
const RULES: &[Rule] = &[
    Rule {
        package: "sealift-filename",
        below: &[],
        never: &[ASYNC, HTTP, FILES, ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-oci",
        below: &["sealift-filename"],
        never: &[ASYNC, HTTP, FILES, ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-archive",
        below: &["sealift-filename", "sealift-oci"],
        never: &[ASYNC, HTTP, ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-catalog",
        below: &["sealift-filename", "sealift-oci", "sealift-archive"],
        never: &[ASYNC, HTTP, FILES, ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-store",
        below: &["sealift-filename", "sealift-oci", "sealift-archive", "sealift-catalog"],
        never: &[ASYNC, HTTP, ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-dockerignore",
        below: &[],
        never: &[ASYNC, HTTP, FILES, ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-credentials",
        below: &["sealift-filename"],
        never: &[HTTP, ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-docker",
        below: &["sealift-filename", "sealift-oci", "sealift-dockerignore", "sealift-credentials"],
        never: &[ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-remote",
        below: &["sealift-filename", "sealift-oci"],
        never: &[ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-signature",
        below: &["sealift-filename"],
        never: &[ASYNC, HTTP, ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-serve",
        below: &[
            "sealift-filename",
            "sealift-oci",
            "sealift-archive",
            "sealift-catalog",
            "sealift-store",
        ],
        never: &[ARGUMENTS, TERMINAL],
    },
    Rule {
        package: "sealift-workflow",
        below: &[
            "sealift-filename",
            "sealift-oci",
            "sealift-archive",
            "sealift-catalog",
            "sealift-store",
            "sealift-dockerignore",
            "sealift-credentials",
            "sealift-docker",
            "sealift-remote",
            "sealift-signature",
            "sealift-serve",
        ],
        never: &[ARGUMENTS, TERMINAL],
    },
    Rule { package: "sealift", below: &["sealift-workflow"], never: &[] },
];

/// Returns the position of a crate in that order, or `None` if it has no rule.
pub(crate) fn height(package: &str) -> Option<usize> {
    RULES.iter().position(|rule| rule.package == package)
}

/// Returns all violations of a rule in cargo's metadata.
pub(super) fn violations(metadata: &Value) -> Result<Vec<String>> {
    Ok(CrateGraph::read(metadata)?.violations())
}

/// The packages of the workspace and all their dependencies, by id.
struct CrateGraph {
    names: BTreeMap<String, String>,
    dependencies: BTreeMap<String, Vec<String>>,
    members: Vec<String>,
    /// The packages that are used only in the workspace and are never published.
    outside: BTreeSet<String>,
}

impl CrateGraph {
    fn read(metadata: &Value) -> Result<Self> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value, what| {
            value.as_array().cloned().with_context(|| format!("cargo's metadata has no {what}"))
        };
        let names = list(&metadata["packages"], "packages")?
            .iter()
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let mut dependencies = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"], "resolved dependencies")? {
            let normal = |dependency: &&Value| {
                let kinds = dependency["dep_kinds"].as_array();
                kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
            };
            let named = list(&node["deps"], "dependencies")?;
            let normal = named.iter().filter(normal).map(|dependency| text(&dependency["pkg"]));
            dependencies.insert(text(&node["id"]), normal.collect());
        }
        let members = list(&metadata["workspace_members"], "members")?.iter().map(text).collect();
        let is_outside =
            |package: &&Value| package["publish"].as_array().is_some_and(Vec::is_empty);
        let outside = list(&metadata["packages"], "packages")?;
        let outside = outside.iter().filter(is_outside).map(|it| text(&it["id"])).collect();
        Ok(Self { names, dependencies, members, outside })
    }

    /// Returns all violations of a rule, each with the path from the crate to the package that it
    /// reaches.
    fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        for rule in RULES {
            if !self.members.iter().any(|id| self.name(id) == rule.package) {
                found.push(format!(
                    "{}: has a rule, but is not a member of the workspace",
                    rule.package
                ));
            }
        }
        for id in &self.members {
            let name = self.name(id);
            match RULES.iter().find(|rule| rule.package == name) {
                Some(rule) => self.check(id, rule, &mut found),
                None if self.outside.contains(id) => {}
                None => found.push(format!("{name}: has no rule")),
            }
        }
        found
    }

    fn check(&self, id: &str, rule: &Rule, found: &mut Vec<String>) {
        let ours = |name: &str| name == "sealift" || name.starts_with("sealift-");
        for dependency in self.dependencies.get(id).into_iter().flatten() {
            let name = self.name(dependency);
            if ours(name) && !rule.below.contains(&name) {
                found.push(format!("{}: may not depend on {name}", rule.package));
            }
        }
        for (name, way) in self.reached(id) {
            if rule.never.iter().any(|names| names.contains(&name)) {
                let way: Vec<&str> = way.iter().map(|id| self.name(id)).collect();
                found.push(format!("{}: may not reach {name}: {}", rule.package, way.join(" > ")));
            }
        }
    }

    /// Returns all dependencies of a package, direct and indirect, each with a shortest path to it.
    fn reached<'a>(&'a self, id: &'a str) -> BTreeMap<&'a str, Vec<&'a str>> {
        let mut ways: BTreeMap<&str, Vec<&str>> = BTreeMap::from([(id, vec![id])]);
        let mut queue = VecDeque::from([id]);
        while let Some(next) = queue.pop_front() {
            let way = ways[next].clone();
            for dependency in self.dependencies.get(next).into_iter().flatten() {
                if !ways.contains_key(dependency.as_str()) {
                    let mut way = way.clone();
                    way.push(dependency);
                    ways.insert(dependency, way);
                    queue.push_back(dependency);
                }
            }
        }
        ways.remove(id);
        ways.into_iter().map(|(id, way)| (self.name(id), way)).collect()
    }

    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the violations in metadata of all crates that have rules. In each pair, the first
    /// crate depends on the second.
    fn violations(edges: &[(&str, &str, Option<&str>)]) -> Vec<String> {
        let rooms = RULES.iter().map(|rule| rule.package);
        let mut names: Vec<&str> =
            rooms.clone().chain(edges.iter().flat_map(|(from, to, _)| [*from, *to])).collect();
        names.sort_unstable();
        names.dedup();
        let nodes: Vec<Value> = names
            .iter()
            .map(|name| {
                let named = edges.iter().filter(|(from, ..)| from == name);
                let deps: Vec<Value> = named
                    .map(|(_, to, kind)| json!({"pkg": to, "dep_kinds": [{"kind": kind}]}))
                    .collect();
                json!({"id": name, "deps": deps})
            })
            .collect();
        let members: Vec<&str> =
            names.iter().copied().filter(|name| name.starts_with("sealift")).collect();
        let packages: Vec<Value> = names
            .iter()
            .map(|name| match *name {
                "sealift-testing" => json!({"id": name, "name": name, "publish": []}),
                name => json!({"id": name, "name": name}),
            })
            .collect();
        let metadata = json!({
            "packages": packages,
            "workspace_members": members,
            "resolve": {"nodes": nodes},
        });
        CrateGraph::read(&metadata).unwrap().violations()
    }

    #[test]
    fn dependencies_downwards_are_allowed() {
        let edges = [
            ("sealift", "sealift-workflow", None),
            ("sealift", "clap", None),
            ("sealift-workflow", "sealift-docker", None),
            ("sealift-docker", "bollard", None),
            ("bollard", "tokio", None),
        ];
        assert_eq!(violations(&edges), [""; 0]);
    }

    #[test]
    fn a_dependency_upwards_or_on_another_branch_is_found() {
        let edges = [
            ("sealift", "sealift-store", None),
            ("sealift-archive", "sealift-store", None),
            ("sealift-docker", "sealift-archive", None),
        ];
        assert_eq!(
            violations(&edges),
            [
                "sealift: may not depend on sealift-store",
                "sealift-archive: may not depend on sealift-store",
                "sealift-docker: may not depend on sealift-archive",
            ]
        );
    }

    #[test]
    fn a_forbidden_package_is_found_through_others_with_the_path_to_it() {
        let edges = [
            ("sealift-filename", "innocent", None),
            ("innocent", "tokio", None),
            ("sealift-workflow", "indicatif", None),
        ];
        assert_eq!(
            violations(&edges),
            [
                "sealift-filename: may not reach tokio: sealift-filename > innocent > tokio",
                "sealift-workflow: may not reach indicatif: sealift-workflow > indicatif",
            ]
        );
    }

    #[test]
    fn dependencies_of_tests_and_build_scripts_do_not_count() {
        let edges = [
            ("sealift-filename", "tempfile", Some("dev")),
            ("sealift-store", "tokio", Some("build")),
        ];
        assert_eq!(violations(&edges), [""; 0]);
    }

    #[test]
    fn a_new_crate_needs_a_rule_and_the_crate_of_tests_is_only_for_tests() {
        assert_eq!(violations(&[("sealift-new", "serde", None)]), ["sealift-new: has no rule"]);
        assert_eq!(
            violations(&[("sealift-store", "sealift-testing", None)]),
            ["sealift-store: may not depend on sealift-testing"]
        );
    }
}
