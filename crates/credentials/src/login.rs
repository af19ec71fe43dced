//! A login to a registry.

use std::fmt;

/// A user name with its password, or an identity token.
///
/// `Debug` does not show the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    user: String,
    secret: String,
    is_token: bool,
}

impl Login {
    /// Creates a login with a password.
    #[must_use]
    pub fn with_password(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), secret: password.into(), is_token: false }
    }

    /// Creates a login with an identity token.
    #[must_use]
    pub fn with_token(token: impl Into<String>) -> Self {
        Self { user: String::new(), secret: token.into(), is_token: true }
    }

    /// Returns the user name, or `None` if the login is a token.
    pub fn user(&self) -> Option<&str> {
        (!self.is_token).then_some(self.user.as_str())
    }

    /// Returns the password, or the token.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Returns `true` if the secret is an identity token and not a password.
    pub fn is_token(&self) -> bool {
        self.is_token
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}
