//! Builder methods of options.

/// Writes `with_…` methods, each of which sets the field of its name.
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
