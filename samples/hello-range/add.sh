#!/bin/sh
# Adds up the numbers of one chunk: start, start+1, ... start+count-1.
start=$1 count=$2
sum=$(( count * (2 * start + count - 1) / 2 ))
echo "$sum" > "$DBATCH_OUT/sum.txt"
printf '{"sum": %d}\n' "$sum" > "$DBATCH_RESULT"
echo "chunk $DBATCH_CHUNK: the $count numbers from $start add up to $sum"
