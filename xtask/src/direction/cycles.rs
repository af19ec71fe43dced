//! Cycles in a graph of names.

use std::collections::{BTreeMap, BTreeSet};

/// The edges of a graph: for each node, the nodes that it points to.
pub(super) type FileGraph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Returns the groups of two or more nodes that reach each other.
pub(super) fn cycles<'a>(graph: &FileGraph<'a>) -> Vec<BTreeSet<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|&node| (node, reached(graph, node))).collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (&node, others) in &reached {
        let reaches_back =
            |other: &&str| reached.get(other).is_some_and(|back| back.contains(node));
        let group: BTreeSet<&str> = others.iter().copied().filter(reaches_back).collect();
        if group.len() > 1 && seen.insert(group.first().copied()) {
            found.push(group);
        }
    }
    found
}

/// Returns all nodes that can be reached from a node by one or more edges.
fn reached<'a>(graph: &FileGraph<'a>, node: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&str> = graph.get(node).into_iter().flatten().copied().collect();
    while let Some(node) = next.pop() {
        if found.insert(node) {
            next.extend(graph.get(node).into_iter().flatten());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(arrows: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut graph = FileGraph::new();
        for &(from, to) in arrows {
            graph.entry(from).or_default().insert(to);
        }
        cycles(&graph).iter().map(|group| Vec::from_iter(group.iter().copied()).join(" ")).collect()
    }

    #[test]
    fn edges_in_one_direction_are_not_a_cycle() {
        assert_eq!(groups(&[("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")]), [""; 0]);
    }

    #[test]
    fn a_cycle_does_not_include_the_nodes_that_lead_to_it() {
        assert_eq!(
            groups(&[("x", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "y")]),
            ["a b c"]
        );
    }

    #[test]
    fn separate_cycles_are_found_separately() {
        let arrows = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "c")];
        assert_eq!(groups(&arrows), ["a b", "c d"]);
    }
}
