#!/usr/bin/env bash
# Train on the GPUs of one machine or several: tools/dist_train.sh CONFIG GPUS [options of vtzoo train]
# Several machines: NNODES, NODE_RANK, MASTER_ADDR and PORT say which; the same command on each.
set -e
[ $# -ge 2 ] || { echo "usage: tools/dist_train.sh CONFIG GPUS [options of vtzoo train]" >&2; exit 2; }
config=$1 gpus=$2
shift 2
exec python -m torch.distributed.run \
    --nnodes "${NNODES:-1}" --node-rank "${NODE_RANK:-0}" --nproc-per-node "$gpus" \
    --master-addr "${MASTER_ADDR:-127.0.0.1}" --master-port "${PORT:-29500}" \
    "$(dirname "$0")/train.py" "$config" --launcher pytorch "$@"
