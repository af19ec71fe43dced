#!/bin/sh
# Runs one engine as the first process of process and mount namespaces of its own.
#
#     init.sh HOME watch|stay [PACKAGES…] -- COMMAND…
#
# The configured files of the engine are in HOME, which is /run/engine inside the namespaces, so
# that the paths of its sockets stay short. Other files that it writes (/run/containerd,
# /run/libpod, /dev/shm, /etc/docker) are in memory that only these namespaces see. For the same
# reason the engine does not see the system's engines. PACKAGES are folders of unpacked packages,
# which are mounted over the system's /usr and /etc as if they were installed.
#
# When this process ends, the kernel ends every process of the namespaces and removes every mount,
# so nothing is left behind. With `watch`, this happens when standard input closes, that is, when
# the task that started it ends for any reason.
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
    # For ssh clients this is a separate host: it has the user that sshd requires, a root user
    # without the settings of the machine, and the engine at its default address.
    mkdir /run/sshd
    ln -s /run/engine/engine.sock /run/docker.sock
    sed -i '/^root:/d;/^sshd:/d' /etc/passwd /etc/shadow
    printf '%s\n' root:x:0:0::/run/engine:/bin/sh sshd:x:65533:65534::/run/sshd:/bin/false >>/etc/passwd
    # The account has no password and is not locked.
    echo 'root:*:1::::::' >>/etc/shadow
    for key in host_key second_host_key user_key unknown_key; do
        ssh-keygen -q -t ed25519 -N '' -C '' -f "doors/ssh/$key"
    done
    cp doors/ssh/user_key.pub doors/ssh/authorized_keys
    /usr/sbin/sshd -D -e -f /run/engine/doors/ssh/sshd_config &
fi
if [ -e containerd.toml ]; then
    # Otherwise dockerd would use the system's containerd, with its images.
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
