//! Jobs that load a second version of an image. The engine has nine tenths of it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::super::contest::Contestant;
use super::super::inputs;
use super::super::relay::Relay;
use super::super::slow_network::SlowNetwork;
use super::outcome::{Outcome, at_most, ratio};
use super::{Bench, SECOND, TAG};
use crate::engines::api;

/// The command that removes the second version from the engine and keeps the first one.
const FORGET: &str = "docker rmi sealift-bench:1.0.0.2 || true";

impl Bench {
    /// Compares bytes and time over the engine's socket.
    pub(super) fn second_version(&self) -> Result<Outcome> {
        self.prepare_second_version()?;
        let archive = self.shell("echo second/*.docker")?.trim().to_owned();
        let ours = self.call("second", "load", SECOND);
        let theirs = format!("docker load -q -i {archive}");
        let times = self.contest(&[
            Contestant::new("sealift load", FORGET, &ours),
            Contestant::new("docker load", FORGET, &theirs),
        ])?;

        let socket = self.folder.join("relay.sock");
        let engine = self.classic.trim_start_matches("unix://");
        let relay = Relay::of_sockets(&socket, Path::new(engine))?;
        let sent = |command: &str| -> Result<f64> {
            self.shell(FORGET)?;
            relay.take_sent();
            self.shell(&format!("DOCKER_HOST=unix://{} {command}", socket.display()))?;
            Ok(relay.take_sent() as f64)
        };
        let (our_bytes, their_bytes) = (sent(&ours)?, sent(&theirs)?);
        let targets = vec![
            at_most("× `docker load`", ratio(&times, 0, 1), 0.3),
            at_most("bytes sent × `docker load`", our_bytes / their_bytes, 0.3),
        ];
        Ok((times, targets))
    }

    /// Compares the time over ssh at 100 Mbit/s.
    pub(super) fn second_version_by_ssh(&self) -> Result<Outcome> {
        self.prepare_second_version()?;
        let network = SlowNetwork::new(self.path()?)?;
        let listener = network.listen()?;
        let port = listener.local_addr()?.port();
        let address = fs::read_to_string(self.ssh.join("host"))?;
        let (_, address) = address.split_once('@').context("the sshd has no address")?;
        let _relay = Relay::of_ports(listener, address.to_owned());
        let programs = self.ssh_program(port)?;

        let script = |name: &str, command: &str| -> Result<String> {
            let file = self.folder.join(name);
            fs::write(&file, format!("PATH='{programs}':$PATH\n{command}\n"))?;
            Ok(network.run(&file.display().to_string()))
        };
        let host = format!("root@127.0.0.1:{port}");
        let call = format!("load --host ssh://{host}");
        let ours = script("ours.sh", &self.call("second", &call, SECOND))?;
        let theirs = format!(
            "DOCKER_HOST={} docker save {SECOND} | gzip | \
             ssh -p {port} root@127.0.0.1 docker load -q",
            self.other
        );
        let theirs = script("theirs.sh", &theirs)?;
        let contestants = [
            Contestant::new("sealift load --host ssh://…", FORGET, ours),
            Contestant::new("docker save | gzip | ssh docker load", FORGET, theirs),
        ];
        // A round takes long, and the network's speed does not vary.
        let times = self.contest_of(&contestants, self.rounds.div_ceil(3))?;
        let ratio = ratio(&times, 0, 1);
        let what = "× `docker save \\| gzip \\| ssh docker load`";
        Ok((times, vec![at_most(what, ratio, 0.15)]))
    }

    /// Builds the second version on the other engine, and archives it.
    fn prepare_second_version(&self) -> Result<()> {
        if !api::has_image(&self.other, SECOND)? {
            let context = inputs::second_context(&self.folder, TAG)?;
            let (other, sealift) = (&self.other, self.sealift());
            self.shell(&format!(
                "{sealift} --dir plain load {TAG} --host {other} -q
                 {sealift} build {SECOND} {} --host {other} --progress none
                 {sealift} --dir second update {SECOND} --host {other} -q",
                context.display()
            ))?;
            fs::remove_dir_all(&context)?;
        }
        Ok(())
    }

    /// Creates a folder with a program `ssh` that uses the engine's host, port and key.
    fn ssh_program(&self, port: u16) -> Result<String> {
        let folder = self.folder.join("ssh");
        fs::create_dir_all(&folder)?;
        let key = fs::read_to_string(self.ssh.join("host_key.pub"))?;
        fs::write(folder.join("known_hosts"), format!("[127.0.0.1]:{port} {key}"))?;
        fs::write(
            folder.join("config"),
            format!(
                "UserKnownHostsFile {}/known_hosts\nGlobalKnownHostsFile /dev/null\n\
                 IdentityFile {}/user_key\nIdentitiesOnly yes\nIdentityAgent none\n",
                folder.display(),
                self.ssh.display()
            ),
        )?;
        let found = self.shell("command -v ssh")?;
        let script = format!(
            "printf '#!/bin/sh\\nexec %s -F %s \"$@\"\\n' '{}' '{folder}/config' > {folder}/ssh
             chmod 755 {folder}/ssh",
            found.trim(),
            folder = folder.display()
        );
        self.shell(&script)?;
        Ok(folder.display().to_string())
    }
}
