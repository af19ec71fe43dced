#!/bin/sh
# Runs one engine as the first process of process and mount namespaces of its own.
#
#     init.sh HOME watch|stay [PACKAGES…] -- COMMAND…
#
# What the engine is told to write goes to HOME, which is /run/engine in here, so that the paths of
# its sockets stay short. What it writes elsewhere of its own accord (/run/containerd, /run/libpod,
# /dev/shm, /etc/docker) goes to memory that only these namespaces see; the system's own engines stay
# out of its sight for the same reason. PACKAGES are folders of unpacked packages; they lie over the
# system's /usr and /etc as if they were installed.
#
# When this process ends, the kernel ends every process of the namespaces and takes down every
# mount: nothing can be left behind. With `watch` that happens as soon as standard input
# closes, that is, when the task that started it ends, however it ends.
set -eu
home=$1
until=$2
shift 2
exec 3<&0 </dev/null

mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=1777 shm /dev/shm
mkdir -p /run/lock /run/engine /run/etc /run/etc-work
mount --bind "$home" /run/engine

usr=
etc=
number=0
while [ "$1" != -- ]; do
    number=$((number + 1))
    mkdir "/run/packages-$number"
    mount --bind "$1" "/run/packages-$number"
    usr="$usr/run/packages-$number/usr:"
    etc="$etc/run/packages-$number/etc:"
    shift
done
shift
mount -t overlay -o "lowerdir=$usr/usr" usr /usr
mount -t overlay -o "lowerdir=$etc/etc,upperdir=/run/etc,workdir=/run/etc-work" etc /etc
if [ ! -e /sys/fs/cgroup/cgroup.controllers ] && [ ! -e /sys/fs/cgroup/memory ]; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi

cd /run/engine
export HOME=/run/engine TMPDIR=/run/engine/tmp
mkdir tmp
if [ -e doors/ssh/sshd_config ]; then
    # To those who come by ssh this is a host of its own: with the user that sshd wants, a root without
    # anybody's settings, and the engine where docker looks for it.
    mkdir /run/sshd
    ln -s /run/engine/engine.sock /run/docker.sock
    sed -i '/^root:/d;/^sshd:/d' /etc/passwd /etc/shadow
    printf '%s\n' root:x:0:0::/run/engine:/bin/sh sshd:x:65533:65534::/run/sshd:/bin/false >>/etc/passwd
    # No password, and not locked either.
    echo 'root:*:1::::::' >>/etc/shadow
    for key in host_key second_host_key user_key unknown_key; do
        ssh-keygen -q -t ed25519 -N '' -C '' -f "doors/ssh/$key"
    done
    cp doors/ssh/user_key.pub doors/ssh/authorized_keys
    /usr/sbin/sshd -D -e -f /run/engine/doors/ssh/sshd_config &
fi
if [ -e containerd.toml ]; then
    # Else dockerd would take the system's, images and all.
    containerd --config containerd.toml &
fi
"$@" &
engine=$!
stop() {
    trap '' TERM
    kill "$engine"
    (sleep 10 && kill -KILL "$engine") &
    wait "$engine"
    exit 0
}
trap stop TERM
if [ "$until" = watch ]; then
    (cat <&3 >/dev/null && kill -TERM 1) &
fi
wait "$engine"
