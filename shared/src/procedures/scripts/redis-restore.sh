
# The snapshot is loaded by a server of our own, which only this script can reach: it knows all that Redis can write, and ends
# when a checksum is wrong or something is missing. Nothing is written to a disk: the file that it loads is our pipe.
bm_r_own() { "$BM_R_CLI" --raw -s "$BM_R_WORK/s" "$@" </dev/null; }

bm_r_start() {
  local module reply=''
  local -a modules=()
  for module in /usr/local/lib/redis/modules/*.so; do
    if [[ -e $module ]]; then modules+=(--loadmodule "$module"); fi
  done
  bm_read_magic 5
  case $BM_MAGIC in
    5245444953 | 56414c4b45) ;;
    '') bm_log 'Error: the backup is empty.'; return 1 ;;
    *) bm_log 'Error: this backup is not a snapshot of Redis.'; return 1 ;;
  esac
  exec 4< <(printf '%b' "$BM_MAGIC_ESCAPED"; cat)
  "$BM_R_SERVER" --port 0 --unixsocket "$BM_R_WORK/s" --unixsocketperm 700 --databases "$((BM_R_STATE + 1))" --save '' --appendonly no \
    --dir /proc/self/fd --dbfilename 0 --maxmemory 0 --logfile '' "${modules[@]}" <&4 >"$BM_R_WORK/log" 2>&1 &
  BM_R_PID=$!
  until [[ -S $BM_R_WORK/s ]] && reply=$(bm_r_own PING 2>/dev/null) && [[ $reply == PONG ]]; do
    if ! kill -0 "$BM_R_PID" 2>/dev/null; then
      grep -aE '# |rror|rong|annot' "$BM_R_WORK/log" | grep -av 'overcommit' | tail -n 5 >&2
      bm_log 'Error: the snapshot is damaged, cut off, or of a newer Redis than the one that is installed here.'
      return 1
    fi
    sleep 0.1
  done
  # Only the end of the input says that the client has verified everything.
  cat <&4 >/dev/null
  exec 4<&-
}

# The databases of $1, an answer to INFO, as lines of number, keys and keys that expire.
bm_r_keyspace() { tr -d '\r' <<<"$1" | sed -nE 's/^db([0-9]+):keys=([0-9]+),expires=([0-9]+).*/\1 \2 \3/p'; }

# What the snapshot holds, by number of database: keys that never expire. A database in which a restore was preparing is none.
bm_r_inventory() {
  local number keys expiring
  BM_R_KEPT=()
  while read -r number keys expiring; do
    if [[ $(bm_r_own -n "$number" EXISTS backstay:restoring) == 1 ]]; then continue; fi
    if [[ -z $BM_PARAM_DB || $number == "$BM_PARAM_DB" ]]; then BM_R_KEPT[number]=$((keys - expiring)); fi
  done < <(bm_r_keyspace "$(bm_r_own INFO keyspace)")
  ((${#BM_R_KEPT[@]})) && return
  if [[ -n $BM_PARAM_DB ]]; then bm_log "Error: the backup holds nothing in database $BM_PARAM_DB."; return 1; fi
  bm_log 'Error: the backup holds no keys, or all of them have expired. Use FLUSHALL if everything is to go.'
  return 1
}

# Two sets of keys are in memory until the old one is replaced. A server that evicts would lose what it has.
bm_r_room() {
  local info limit used needed
  info=$(bm_r_query INFO memory)
  limit=$(bm_r_info "$info" maxmemory)
  used=$(bm_r_info "$info" used_memory)
  needed=$(bm_r_info "$(bm_r_own INFO memory)" used_memory_dataset)
  ((${limit:-0} == 0 || limit - used >= needed)) && return
  bm_log "Error: the server may use $((limit >> 20)) MiB and uses $((used >> 20)) MiB; the restore prepares beside that, which takes about $(((needed >> 20) + 1)) MiB. Raise maxmemory."
  return 1
}

# Chooses an empty database for each that comes back, from the last one down, and marks it. Sets BM_R_SCRATCH by number.
bm_r_claim() {
  local count number keys found
  local -a used=()
  BM_R_SCRATCH=()
  BM_R_OTHERS=()
  count=$(bm_r_query CONFIG GET databases | sed -n 2p)
  [[ $count =~ ^[0-9]+$ ]] || count=16
  while read -r number keys _; do
    if [[ $(bm_r_query -n "$number" EXISTS backstay:restoring) == 1 ]]; then
      [[ $(bm_r_query -n "$number" EXISTS backstay:restoring:alive) == 0 ]] || { bm_log 'Error: another restore is running on this server. Wait until it has ended.'; return 1; }
      bm_log "Redis: removing what an interrupted restore left in database $number"
      [[ $(bm_r_query -n "$number" FLUSHDB) == OK ]] || return 1
    else
      used[number]=$keys
      if [[ -z $BM_PARAM_DB && -z ${BM_R_KEPT[number]-} ]]; then BM_R_OTHERS+=("$number"); fi
    fi
  done < <(bm_r_keyspace "$(bm_r_query INFO keyspace)")
  found=$((count - 1))
  for number in "${!BM_R_KEPT[@]}"; do
    ((number < count)) || { bm_log "Error: the backup holds database $number, but the server has only $count. Raise its setting databases."; return 1; }
    while ((found >= 0)) && [[ -n ${used[found]-}${BM_R_KEPT[found]-} ]]; do found=$((found - 1)); done
    if ((found < 0)); then
      bm_log "Error: a restore prepares in empty databases of the server, one for each of the ${#BM_R_KEPT[@]} that come back, and there are not enough of them. Raise its setting databases, or restore one at a time with the parameter db."
      return 1
    fi
    [[ $(bm_r_query -n "$found" SET backstay:restoring 1 NX) == OK ]] || { bm_log "Error: database $found cannot be prepared: another restore is running, or the user may not write there."; return 1; }
    BM_R_SCRATCH[number]=$found
    found=$((found - 1))
  done
  bm_r_alive
}

bm_r_alive() {
  local number
  for number in "${BM_R_SCRATCH[@]}"; do bm_r_query -n "$number" SET backstay:restoring:alive 1 PX 90000 >/dev/null || return 1; done
}

bm_r_beat() {
  trap 'kill "$!" 2>/dev/null; exit 0' TERM
  while :; do
    sleep 20 &
    wait "$!"
    bm_r_alive
  done
}

# Prints the database $1 of our server as commands, a good megabyte at a time. What the client prints ends with a line feed, so
# that of the last command is left out.
bm_r_commands() {
  local cursor=0
  local script='
    local at, out, size, clock = ARGV[1], {}, 0, redis.call("TIME")
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local function word(text) out[#out + 1] = "$" .. #text .. "\r\n" .. text .. "\r\n" end
    repeat
      local page = redis.call("SCAN", at, "COUNT", 64)
      at = page[1]
      for _, key in ipairs(page[2]) do
        local value = redis.call("DUMP", key)
        if value then
          local ttl = redis.call("PTTL", key)
          local expires = ttl < 0 and 0 or now + ttl
          local exact = redis.pcall("PEXPIRETIME", key)
          if type(exact) == "number" and exact > 0 then expires = exact end
          out[#out + 1] = "*6\r\n"
          word("RESTORE")
          word(key)
          word(string.format("%.0f", expires))
          word(value)
          word("REPLACE")
          word("ABSTTL")
          size = size + #key + #value
        end
      end
    until at == "0" or size > 1048576
    redis.call("SELECT", ARGV[2])
    redis.call("SET", "cursor", at)
    return string.sub(table.concat(out), 1, -2)'
  while :; do
    bm_r_own -n "$1" EVAL "$script" 0 "$cursor" "$BM_R_STATE" || return 1
    cursor=$(bm_r_own -n "$BM_R_STATE" GET cursor) || return 1
    [[ $cursor =~ ^[0-9]+$ ]] || { bm_log "Error: the snapshot cannot be read: $cursor"; return 1; }
    if [[ $cursor == 0 ]]; then return 0; fi
  done
}

bm_r_fill() {
  local number at keys expiring found
  for number in "${!BM_R_KEPT[@]}"; do
    if ! bm_r_commands "$number" | bm_r -n "${BM_R_SCRATCH[number]}" --pipe --pipe-timeout 300 >"$BM_R_WORK/pipe" 2>&1; then
      cat "$BM_R_WORK/pipe" >&2
      if grep -q 'payload version' "$BM_R_WORK/pipe"; then
        bm_log "Error: the server is Redis $BM_R_VERSION, which is older than $("$BM_R_SERVER" --version). Use an image of the server's version, such as docker.io/library/redis:${BM_R_VERSION%.*}."
      fi
      return 1
    fi
    found=''
    while read -r at keys expiring; do
      if [[ $at == "${BM_R_SCRATCH[number]}" ]]; then found=$((keys - expiring - 1)); fi
    done < <(bm_r_keyspace "$(bm_r_query INFO keyspace)")
    [[ $found == "${BM_R_KEPT[number]}" ]] || { bm_log "Error: database $number should have ${BM_R_KEPT[number]} lasting keys, but ${found:-none} arrived."; return 1; }
    bm_log "Redis: database $number has arrived"
  done
}

# One transaction: every client sees all of the old or all of the new.
bm_r_transaction() {
  local number
  printf 'MULTI\n'
  if [[ -z $BM_PARAM_DB ]] && [[ $("$BM_R_CLI" --no-raw -s "$BM_R_WORK/s" FUNCTION LIST </dev/null 2>&1) == '1) '* ]]; then
    printf 'FUNCTION RESTORE %s FLUSH\n' "$("$BM_R_CLI" --no-raw -s "$BM_R_WORK/s" FUNCTION DUMP </dev/null)"
  fi
  for number in "${!BM_R_SCRATCH[@]}"; do
    printf 'SELECT %s\nDEL backstay:restoring backstay:restoring:alive\nSWAPDB %s %s\nSELECT %s\nFLUSHDB ASYNC\n' \
      "${BM_R_SCRATCH[number]}" "${BM_R_SCRATCH[number]}" "$number" "${BM_R_SCRATCH[number]}"
  done
  for number in "${BM_R_OTHERS[@]}"; do printf 'SELECT %s\nFLUSHDB ASYNC\n' "$number"; done
  printf 'EXEC\n'
}

# Returns 1 when nothing has changed, and 2 when something else is wrong. The marks tell which, also when an answer was lost.
bm_r_replace() {
  local first answer
  for first in "${BM_R_SCRATCH[@]}"; do break; done
  answer=$(bm_r_transaction | bm_r 2>&1) || true
  if [[ $answer == *EXECABORT* || $(bm_r_query -n "$first" EXISTS backstay:restoring) != 0 ]]; then
    grep -aE '^[A-Z]+ ' <<<"$answer" >&2
    return 1
  fi
  BM_R_SCRATCH=()
  if grep -aqE '^(ERR|NOPERM|WRONGTYPE) ' <<<"$answer"; then
    grep -aE '^(ERR|NOPERM|WRONGTYPE) ' <<<"$answer" >&2
    bm_log 'Error: the keys are restored, but something else was refused (see the line above).'
    return 2
  fi
}

bm_r_end() {
  local number
  trap '' TERM INT HUP
  if [[ -n $BM_R_BEAT ]]; then kill "$BM_R_BEAT" 2>/dev/null; fi
  if [[ -n $BM_R_PID ]]; then kill -KILL "$BM_R_PID" 2>/dev/null; fi
  for number in "${BM_R_SCRATCH[@]}"; do
    if [[ $(bm_r_query -n "$number" EXISTS backstay:restoring) == 1 ]]; then bm_r_query -n "$number" FLUSHDB ASYNC >/dev/null; fi
  done
  rm -rf -- "$BM_R_WORK"
}

bm_r_restore() {
  local status=0
  bm_log 'Redis: reading and checking the whole snapshot'
  bm_r_start && bm_r_inventory && bm_r_room && bm_r_claim || return 1
  bm_r_beat </dev/null >/dev/null 2>&1 &
  BM_R_BEAT=$!
  bm_log "Redis: loading ${#BM_R_KEPT[@]} databases beside what is there"
  bm_r_fill || return 1
  bm_log 'Redis: everything has arrived; replacing what is there'
  bm_r_replace || status=$?
  return "$status"
}

bm_load() {
  set -uo pipefail
  local status=0
  local -a BM_R_KEPT=() BM_R_SCRATCH=() BM_R_OTHERS=()
  BM_R_STATE=10000 BM_R_PID='' BM_R_BEAT=''
  BM_R_WORK=$(mktemp -d) || return 1
  trap 'bm_r_end; exit 1' TERM INT HUP
  bm_r_restore || status=$?
  bm_r_end
  case $status in
    0) bm_log 'Redis: restored' ;;
    1) bm_log 'Error: the restore failed. The server has all keys that it had.' ;;
  esac
  return "$status"
}

[[ -n $BM_R_SERVER ]] || bm_fail 'The program redis-server is missing: a restore reads the snapshot with it. Use an image that has it, or install redis-server.'
bm_restore bm_load
