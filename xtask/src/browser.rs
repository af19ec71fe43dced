//! A headless Chromium for tests, in a folder below `target`.
//!
//! The browser is a package of Debian. The packages that control it come from npm:
//! `playwright-core`, which contains no browser, and `axe-core`, which checks the accessibility of
//! a page.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::engines::packages;
use crate::{npm, run};

/// The packages of the browser, and a font.
const PACKAGES: &[&str] = &["chromium-headless-shell", "fontconfig-config", "fonts-dejavu-core"];
const DRIVERS: &[&str] = &["playwright-core@1.65.1", "axe-core@4.14.1"];

/// Installs the browser. Returns the value that tests read, `COMMAND|PACKAGES`: the command that
/// starts it, and the folder with the npm packages.
pub(crate) fn for_tests() -> Result<String> {
    if let Some(obstacle) = packages::obstacle() {
        bail!(obstacle);
    }
    ensure!(run::find("node").is_some(), "cannot control a browser: there is no node in PATH");
    let root = packages::of_the_system("chromium", PACKAGES)?;
    let drivers = npm::installed("browser", DRIVERS)?;
    let libraries = packages::libraries(std::slice::from_ref(&root))?;
    // The package of PulseAudio has a library in a subfolder.
    let libraries: Vec<String> =
        libraries.split(':').map(|folder| format!("{folder}:{folder}/pulseaudio")).collect();
    let libraries = libraries.join(":");
    let folder = root.parent().unwrap_or(&root);
    let fonts = folder.join("fonts.conf");
    fs::write(&fonts, font_configuration(&root, folder))?;
    let command = folder.join("chromium");
    let text = format!(
        "#!/bin/sh\nexport FONTCONFIG_FILE='{}'\nexport LD_LIBRARY_PATH='{libraries}'\n\
         exec '{}/usr/lib/chromium/chromium-headless-shell' \"$@\"\n",
        fonts.display(),
        root.display()
    );
    fs::write(&command, text)?;
    fs::set_permissions(&command, fs::Permissions::from_mode(0o755))?;
    let version = run::read(std::process::Command::new(&command).arg("--version"))?;
    crate::say::step(format_args!("using {}", version.trim()));
    Ok(format!("{}|{}", command.display(), drivers.display()))
}

/// Returns a configuration with the fonts of the package and of the system.
fn font_configuration(root: &Path, folder: &Path) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\n\
         <dir>{}/usr/share/fonts</dir>\n<dir>/usr/share/fonts</dir>\n<cachedir>{}/fonts</cachedir>\n\
         </fontconfig>\n",
        root.display(),
        folder.display()
    )
}
