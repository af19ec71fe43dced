//! Basic authentication.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use sealift_oci::Digest;
use tokio::sync::Semaphore;

use crate::htpasswd::Logins;
use crate::options::ServerOptions;
use crate::reloading::Reloading;
use crate::unusable_file::UnusableFile;

/// The number of passwords that are verified at the same time. It limits the processor time that
/// guessing passwords can consume.
const VERIFIERS: usize = 2;

/// The verifier of logins.
pub(crate) struct Auth {
    logins: Arc<Reloading<Logins>>,
    /// A random key of this process, without which the remembered proofs are useless.
    key: [u8; 32],
    known: Mutex<Known>,
    verifiers: Semaphore,
}

/// The last verified login of each user. A pull sends the login with each request, and bcrypt is
/// slow.
#[derive(Default)]
struct Known {
    /// The file against which they were verified.
    logins: Weak<Logins>,
    proofs: HashMap<String, Digest>,
}

/// The login in a request.
#[derive(PartialEq, Eq)]
struct Login {
    user: String,
    password: Vec<u8>,
}

impl Auth {
    /// Reads the logins, if the options name a file. Blocks.
    pub(crate) fn read(options: &ServerOptions) -> Result<Option<Self>, UnusableFile> {
        let Some(file) = options.auth.clone() else { return Ok(None) };
        let mut key = [0; 32];
        let filled = rustix::rand::getrandom(&mut key[..], rustix::rand::GetRandomFlags::empty());
        if filled != Ok(key.len()) {
            let reason = "the system provides no random numbers";
            return Err(UnusableFile::new("the logins", &file, reason));
        }
        let logins = Reloading::new(vec![file], Logins::read, options.on_event.clone())?;
        let known = Mutex::default();
        Ok(Some(Self { logins, key, known, verifiers: Semaphore::new(VERIFIERS) }))
    }

    /// Returns the user who sent a request, or `None` if it has no valid login.
    pub(crate) async fn user(&self, headers: &HeaderMap) -> Option<String> {
        let login = Login::of(headers)?;
        let logins = self.logins.get().await;
        let proof = self.proof(&login);
        if self.is_known(&logins, &login.user, &proof) {
            return Some(login.user);
        }
        let _permit = self.verifiers.acquire().await.ok()?;
        // Engines send several requests in parallel, so another one may have verified the login.
        if self.is_known(&logins, &login.user, &proof) {
            return Some(login.user);
        }
        let Login { user, password } = login;
        let (hash, is_user) = logins.hash(&user);
        let hash = hash.to_owned();
        let verify = move || bcrypt::verify(&password, &hash);
        let is_valid = matches!(tokio::task::spawn_blocking(verify).await, Ok(Ok(true)));
        if !(is_valid && is_user) {
            return None;
        }
        self.remember(&logins, &user, proof);
        Some(user)
    }

    /// Returns the keyed hash that is remembered instead of a password.
    fn proof(&self, login: &Login) -> Digest {
        let length = (login.user.len() as u64).to_be_bytes();
        Digest::of(&[&self.key[..], &length, login.user.as_bytes(), &login.password[..]].concat())
    }

    fn is_known(&self, logins: &Arc<Logins>, user: &str, proof: &Digest) -> bool {
        let known = self.known();
        // A comparison in constant time is not needed: without the key, an attacker cannot choose
        // the hashes.
        std::ptr::eq(known.logins.as_ptr(), Arc::as_ptr(logins))
            && known.proofs.get(user) == Some(proof)
    }

    fn remember(&self, logins: &Arc<Logins>, user: &str, proof: Digest) {
        let mut known = self.known();
        if !std::ptr::eq(known.logins.as_ptr(), Arc::as_ptr(logins)) {
            // The file has changed. The weak reference keeps the old allocation alive, so that its
            // address is not reused.
            *known = Known { logins: Arc::downgrade(logins), proofs: HashMap::new() };
        }
        known.proofs.insert(user.to_owned(), proof);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("logins", &self.logins).finish_non_exhaustive()
    }
}

impl Login {
    /// Parses the login in the headers of a request, if it uses Basic authentication.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let (scheme, value) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let mut bytes = BASE64_STANDARD.decode(value.trim()).ok()?;
        let colon = bytes.iter().position(|byte| *byte == b':')?;
        let password = bytes.split_off(colon + 1);
        bytes.truncate(colon);
        Some(Self { user: String::from_utf8(bytes).ok()?, password })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use hyper::header::HeaderValue;

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        headers
    }

    fn basic(user: &str, password: &str) -> HeaderMap {
        headers(&format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
    }

    fn line(user: &str, password: &str) -> String {
        format!("{user}:{}\n", bcrypt::hash(password, 4).unwrap())
    }

    #[test]
    fn a_login_is_read_from_its_header() {
        let login = |value| {
            let login = Login::of(&headers(value))?;
            Some((login.user, String::from_utf8(login.password).unwrap()))
        };
        let ann = |password: &str| Some(("ann".to_owned(), password.to_owned()));
        assert_eq!(login("Basic YW5uOnNlY3JldA=="), ann("secret"));
        assert_eq!(login("basic YW5uOnNlOmNyZXQ="), ann("se:cret"));
        assert_eq!(login("Basic YW5uOg=="), ann(""));
        for value in ["Basic YW5u", "Basic !", "Basic", "Bearer YW5uOnNlY3JldA==", "Basic /zo="] {
            assert_eq!(login(value), None, "{value}");
        }
        assert!(Login::of(&HeaderMap::new()).is_none());
    }

    #[tokio::test]
    async fn only_valid_logins_are_accepted_and_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("htpasswd");
        fs::write(&file, line("ann", "secret") + &line("bob", "other")).unwrap();
        let options = ServerOptions::default().with_auth(&file);
        let auth = Auth::read(&options).unwrap().unwrap();
        let remembered = || auth.known().proofs.len();
        for (user, password) in
            [("ann", "other"), ("ann", ""), ("eve", "secret"), ("", ""), ("ann:", "secret")]
        {
            assert_eq!(auth.user(&basic(user, password)).await, None, "{user}");
        }
        assert_eq!(remembered(), 0);
        for _ in 0..2 {
            assert_eq!(auth.user(&basic("ann", "secret")).await.as_deref(), Some("ann"));
            assert_eq!(auth.user(&basic("bob", "other")).await.as_deref(), Some("bob"));
            assert_eq!(auth.user(&basic("bob", "secret")).await, None);
        }
        assert_eq!(remembered(), 2);

        // Remembered logins need no verifier.
        let all = auth.verifiers.acquire_many(VERIFIERS as u32).await.unwrap();
        assert_eq!(auth.user(&basic("ann", "secret")).await.as_deref(), Some("ann"));
        drop(all);

        // Logins that were verified against an older file are not accepted.
        let changed = Arc::new(Logins::read(&[file]).unwrap());
        let login = Login { user: "ann".to_owned(), password: b"secret".to_vec() };
        assert!(!auth.is_known(&changed, "ann", &auth.proof(&login)));
    }
}
