//! Macros for tests that are functions of a stand and run on named engines.

/// Defines a test of each function on one engine, in a module named for it.
macro_rules! suite {
    ($engine:ident, $name:literal: $($test:ident)*) => {
        mod $engine {
            mod on_engine {
                $(
                    #[test]
                    fn $test() {
                        crate::stand::on($name, super::super::$test);
                    }
                )*
            }
        }
    };
}

/// Defines a test of each function on every kind of engine.
macro_rules! suites {
    ($($test:ident)*) => {
        crate::suite::suite!(docker, "docker": $($test)*);
        crate::suite::suite!(podman, "podman": $($test)*);
        crate::suite::suite!(moby_classic, "moby-classic": $($test)*);
        crate::suite::suite!(moby_containerd, "moby-containerd": $($test)*);
        crate::suite::suite!(trixie_containerd, "trixie-containerd": $($test)*);
    };
}

pub(crate) use {suite, suites};
