#!/bin/sh
# Sees to it that a Docker daemon answers: installs it where there is none (Debian, Ubuntu) and starts it. Needs root for both.
set -eu

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

answers && exit 0

if ! command -v dockerd >/dev/null 2>&1; then
  command -v apt-get >/dev/null 2>&1 || { echo 'No dockerd here, and no apt-get to install it with; install Docker.' >&2; exit 1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq docker.io iptables iproute2 busybox-static >/dev/null
fi

log=${TMPDIR:-/tmp}/dockerd.log
# A session of its own, so that it outlives whoever called this.
setsid nohup dockerd >"$log" 2>&1 </dev/null &

waited=0
until answers; do
  waited=$((waited + 1))
  [ "$waited" -le 120 ] || { echo "dockerd did not answer within 60 s; open $log" >&2; exit 1; }
  sleep 0.5
done
