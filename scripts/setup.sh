#!/usr/bin/env bash
# Sourced by demo.sh, test.sh and train_model.sh: makes .venv ready once, at once when it is.
# Called from the project's top folder.

set_up() {
    local extras="$1"
    local python="${PYTHON:-python3}"
    local stamp=".venv/.ready-${extras:-run}"
    local wanted
    wanted=$(cat pyproject.toml constraints.txt | sha256sum)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return 0
    fi

    if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; then
        echo "Python 3.11, 3.12 or 3.13 is needed; PYTHON=/path/to/python names another one" >&2
        return 1
    fi
    if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version > /dev/null 2>&1; then
        make_environment "$python" || return 1
    fi

    echo "Installing (TensorFlow is large: a few minutes, once) ..." >&2
    .venv/bin/python -m pip install --quiet --compile --constraint constraints.txt \
        --editable ".${extras:+[$extras]}" || return 1
    # TensorFlow's thousands of modules import three times as fast when compiled, and pip leaves
    # that out where PYTHONDONTWRITEBYTECODE is set.
    env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m compileall -q -j 0 .venv/lib \
        > /dev/null 2>&1 || true
    echo "$wanted" > "$stamp"
}

# Debian leaves venv and pip out of its plain python3.
make_environment() {
    local python="$1"
    if "$python" -m venv .venv > /dev/null 2>&1; then
        return 0
    fi
    rm -rf .venv
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        echo "Installing python3-venv with apt-get ..." >&2
        apt-get update -qq > /dev/null && apt-get install -y -qq python3-venv > /dev/null
        "$python" -m venv .venv && return 0
    fi
    echo "This Python cannot make virtual environments: sudo apt-get install python3-venv" >&2
    return 1
}
