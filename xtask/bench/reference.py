#!/usr/bin/env python3
"""What users of the published interface have today: its calls written the plain way, with docker-py and
zipfile. The benchmarks compare with it.

    reference.py update IMAGE VERSION DIR [--compress]
    reference.py zip FILE             the compressing step alone: FILE.docker becomes FILE.zip
    reference.py peak COMMAND…        not a contestant: runs a command, prints its peak memory in KiB
"""

import pathlib
import re
import resource
import subprocess
import sys
import zipfile

ARCHIVE = re.compile(r"(?P<image>.+)_(?P<version>[^_]*)_(?P<imageid>[0-9a-f]{12})\.(?P<archfmt>[^.]*)")


def update(image, version, folder, compress):
    import docker

    client = docker.from_env(timeout=120)
    found = client.images.get(f"{image}:{version}")
    image_id = found.id.removeprefix("sha256:")[:12]
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    archived = [ARCHIVE.fullmatch(path.name) for path in folder.iterdir()]
    if any(name and name.group("image", "version", "imageid") == (image, version, image_id) for name in archived):
        return
    plain = folder / f"{image}_{version}_{image_id}.docker"
    with plain.open("wb") as output:
        output.writelines(found.save(named=f"{image}:{version}"))
    if compress:
        make_zip(plain)
        plain.unlink()


def make_zip(plain):
    plain = pathlib.Path(plain)
    with zipfile.ZipFile(plain.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as output:
        output.write(plain, plain.name)


def main(words):
    match words:
        case ["update", image, version, folder, *options]:
            update(image, version, folder, "--compress" in options)
        case ["zip", plain]:
            make_zip(plain)
        case ["peak", *command]:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
