//! Builder methods for options.

/// Defines `with_…` methods, each of which sets one field.
macro_rules! setters {
    ($($field:ident $setter:ident: $type:ty,)*) => {$(
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $setter(mut self, $field: impl Into<$type>) -> Self {
            self.$field = $field.into();
            self
        }
    )*};
}

pub(crate) use setters;
