//! Tests that are functions of a stand, named for an engine.

/// Makes a test of each function, run on the engine of this name, in a module that is named for it.
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

pub(crate) use suite;
