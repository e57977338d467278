#!/usr/bin/env bash
# two_hosts.sh N COMMAND…: mpirun of N processes (even) on two hosts: network namespaces joined by a virtual cable, each
# with an address and a host name of its own. Ends with 77 where the system does not permit that. The environment's
# EIDA_DELAY (tc's words, for example "delay 50us rate 10gbit") makes the cable slower.
set -euo pipefail
processes=$1
shift
a=eida-a-$$ b=eida-b-$$ net=10.203.77
work=$(mktemp -d)
cleanup() {
  ip netns del "$a" 2>/dev/null || true
  ip netns del "$b" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

refuse() { echo "two hosts: $1" >&2; exit 77; }
mpirun --version | grep -q 'Open MPI' || refuse "needs Open MPI's mpirun"
command -v ip >/dev/null && command -v unshare >/dev/null || refuse "needs ip and unshare"
ip netns add "$a" 2>/dev/null && ip netns add "$b" || refuse "network namespaces are not permitted here"
unshare --uts true 2>/dev/null || refuse "host names of one's own are not permitted here"
ip link add "v$$" netns "$a" type veth peer name "v$$" netns "$b" || refuse "virtual cables are not permitted here"
host=0
for name in "$a" "$b"; do
  host=$((host + 1))
  ip -n "$name" addr add $net.$host/24 dev "v$$"
  ip -n "$name" link set "v$$" up
  ip -n "$name" link set lo up
  # shellcheck disable=SC2086  # several words
  [ -z "${EIDA_DELAY:-}" ] || ip netns exec "$name" tc qdisc add dev "v$$" root netem $EIDA_DELAY
done

# on NAMESPACE COMMAND…
cat >"$work/on" <<'SCRIPT'
#!/bin/sh
name=$1
shift
exec ip netns exec "$name" unshare --uts sh -c 'hostname "$0" && exec "$@"' "$name" "$@"
SCRIPT
# What ssh is elsewhere: agent ADDRESS WORDS…
cat >"$work/agent" <<SCRIPT
#!/bin/sh
case \$1 in $net.1) name=$a ;; *) name=$b ;; esac
shift
exec "$work/on" "\$name" sh -c "\$*"
SCRIPT
chmod +x "$work/on" "$work/agent"
"$work/on" "$a" env OMP_NUM_THREADS=1 mpirun --allow-run-as-root -n "$processes" \
  --host "$net.1:$((processes / 2)),$net.2:$((processes / 2))" --oversubscribe --bind-to none \
  --mca plm_rsh_agent "$work/agent" --mca plm_rsh_no_tree_spawn 1 \
  --mca btl self,vader,tcp --mca btl_tcp_if_include $net.0/24 --mca oob_tcp_if_include $net.0/24 "$@"
