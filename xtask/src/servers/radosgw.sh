#!/bin/sh
# Runs a Ceph cluster of one monitor and one storage daemon in memory, and its S3 gateway, until
# standard input closes, that is, until the task that started it ends for any reason.
#
#     radosgw.sh HOME PACKAGES MONITOR_PORT GATEWAY_PORT USER SECRET BUCKET
#
# All files are below HOME. Without keys for its daemons (`auth … = none`) the gateway finds no
# authentication method in common with them, so there are keys.
set -eu
home=$1
root=$2
monitor="[v2:127.0.0.1:$3]"
gateway=127.0.0.1:$4
user=$5
secret=$6
bucket=$7

libraries=$root/usr/lib/$(uname -m)-linux-gnu
export LD_LIBRARY_PATH="$libraries:$libraries/ceph"
export PATH="$root/usr/bin:$root/usr/sbin:$PATH"
export CEPH_CONF="$home/ceph.conf"
fsid=$(cat /proc/sys/kernel/random/uuid)
mkdir "$home/mon" "$home/osd" "$home/rgw" "$home/run"
cat >"$CEPH_CONF" <<END
[global]
fsid = $fsid
mon initial members = a
mon host = $monitor
public addr = 127.0.0.1
ms bind msgr1 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $home/keyring
run dir = $home/run
admin socket =
log file =
log to stderr = true
mon cluster log file =
crash dir = $home/run
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 10000
mon data avail warn = 0
mon data avail crit = 0
osd class dir = $libraries/rados-classes
plugin dir = $libraries/ceph
erasure code dir = $libraries/ceph/erasure-code
mon data = $home/mon
osd data = $home/osd
osd objectstore = memstore
memstore device bytes = 1073741824
rgw data = $home/rgw
rgw frontends = beast endpoint=$gateway
rgw thread pool size = 32
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
rgw run sync thread = false
rgw dynamic resharding = false
END

ceph-authtool --create-keyring "$home/keyring" --gen-key -n mon. --cap mon 'allow *'
ceph-authtool "$home/keyring" --gen-key -n osd.0 --cap mon 'allow *' --cap osd 'allow *'
ceph-authtool "$home/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
monmaptool --create --fsid "$fsid" --addv a "$monitor" "$home/monmap"
ceph-mon --mkfs -i a --monmap "$home/monmap" --keyring "$home/keyring"

daemons=
stop() {
    trap '' TERM EXIT
    # shellcheck disable=SC2086
    kill -KILL $daemons 2>/dev/null || true
}
trap 'stop; exit 1' TERM EXIT
run() {
    "$@" -f </dev/null &
    daemons="$daemons $!"
}
run ceph-mon -i a
# The gateway requests its settings from the monitor.
timeout 60 ceph-osd -i 0 --mkfs --osd-uuid "$(cat /proc/sys/kernel/random/uuid)" </dev/null
run ceph-osd -i 0
run radosgw -n client.admin
(
    radosgw-admin user create --uid test --display-name test --access-key "$user" --secret-key "$secret"
    nothing=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    until curl --silent --fail --request PUT --header "x-amz-content-sha256: $nothing" \
        --aws-sigv4 aws:amz:us-east-1:s3 --user "$user:$secret" "http://$gateway/$bucket"; do
        sleep 0.2
    done
    touch "$home/ready"
) </dev/null &
daemons="$daemons $!"
cat >/dev/null
stop
