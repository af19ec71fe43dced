//! A browser for tests, Chromium without windows, in a folder of our own below `target`.
//!
//! It comes from Debian. What drives it comes from npm: `playwright-core`, which brings no browser,
//! and `axe-core`, which finds what keeps people from using a page.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::engines::packages;
use crate::{npm, run};

/// The browser, and a font.
const PACKAGES: &[&str] = &["chromium-headless-shell", "fontconfig-config", "fonts-dejavu-core"];
const DRIVERS: &[&str] = &["playwright-core@1.65.1", "axe-core@4.14.1"];

/// Sets the browser up. Returns what tests read: `COMMAND|PACKAGES`, the command that starts it and
/// the folder with the packages of npm.
pub(crate) fn for_tests() -> Result<String> {
    if let Some(obstacle) = packages::obstacle() {
        bail!(obstacle);
    }
    ensure!(run::find("node").is_some(), "there is no node here to drive a browser with");
    let root = packages::of_the_system("chromium", PACKAGES)?;
    let drivers = npm::installed("browser", DRIVERS)?;
    let libraries = packages::libraries(std::slice::from_ref(&root))?;
    // PulseAudio keeps its own library in a folder of its own.
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
    crate::say::step(format_args!("uses {}", version.trim()));
    Ok(format!("{}|{}", command.display(), drivers.display()))
}

/// The fonts of the package and of the system.
fn font_configuration(root: &Path, folder: &Path) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\n\
         <dir>{}/usr/share/fonts</dir>\n<dir>/usr/share/fonts</dir>\n<cachedir>{}/fonts</cachedir>\n\
         </fontconfig>\n",
        root.display(),
        folder.display()
    )
}
