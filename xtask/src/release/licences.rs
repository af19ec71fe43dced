//! x
pub(crate) const FILE: &str = "LICENCES-OF-DEPENDENCIES.txt";
