#!/bin/sh
# Most chunks succeed. Four of twenty do not, each in its own way.
case $DBATCH_CHUNK in
  3)
    # Fails once and succeeds when tried again: the run never notices but for the attempt.
    if [ "$DBATCH_ATTEMPT" -eq 1 ]; then
      echo "chunk 3 is not ready yet" >&2
      exit 1
    fi
    ;;
  7)
    echo "chunk 7 cannot read its input" >&2
    exit 42
    ;;
  11)
    # Ended by a signal, as by the kernel when memory runs out.
    kill -KILL $$
    ;;
  15)
    # Hangs, with a child that hangs too: both are stopped when the time is up.
    echo "chunk 15 waits for something that never comes" >&2
    sleep 600
    ;;
esac
echo "chunk $DBATCH_CHUNK is done" > "$DBATCH_OUT/done.txt"
