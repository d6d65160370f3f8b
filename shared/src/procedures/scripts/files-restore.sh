
# True when $1 is a place where a file system is mounted.
bm_is_mount() {
  local point
  while IFS= read -r -d '' point; do
    if [[ $point == "$1" ]]; then return 0; fi
  done < <(bm_mounts)
  return 1
}

# Mount points, each ended by NUL. The kernel writes blanks and backslashes in them as octal.
bm_mounts() {
  local point
  while read -r _ _ _ _ point _; do
    printf '%b\0' "${point//\\/\\0}"
  done </proc/self/mountinfo
}

bm_nested_mount() {
  local point
  while IFS= read -r -d '' point; do
    if [[ $point == "$1"/* ]]; then
      printf '%s' "$point"
      return 0
    fi
  done < <(bm_mounts)
  return 1
}

# Renames $1 to $2. A folder that its owner may not write to must be made writable for a moment.
bm_move() {
  local mode=''
  if [[ -d $1 && ! -L $1 && ! -w $1 ]]; then
    mode=$(stat -c %a -- "$1") || return 1
    chmod u+w -- "$1" || return 1
  fi
  mv -T -- "$1" "$2" || return 1
  if [[ -n $mode ]]; then chmod "$mode" -- "$2"; fi
}

bm_remove() {
  rm -rf -- "$1" 2>/dev/null && return 0
  chmod -R u+rwX -- "$1" 2>/dev/null
  rm -rf -- "$1"
}

# Moves everything in $1 but the work folder into $2.
bm_move_content() {
  local entry
  (
    shopt -s dotglob nullglob
    for entry in "$1"/*; do
      if [[ ${entry##*/} == .backstay-restore ]]; then continue; fi
      bm_move "$entry" "$2/${entry##*/}" || exit 1
    done
  )
}

bm_remove_content() {
  local entry
  (
    shopt -s dotglob nullglob
    for entry in "$1"/*; do
      if [[ ${entry##*/} == .backstay-restore ]]; then continue; fi
      bm_remove "$entry" || exit 1
    done
  )
}

# Work happens beside the target, or inside it where the target itself cannot be renamed.
bm_choose_place() {
  BM_PARENT=${BM_TARGET%/*}
  BM_PARENT=${BM_PARENT:-/}
  if [[ -d $BM_TARGET ]] && { bm_is_mount "$BM_TARGET" || [[ ! -w $BM_PARENT ]]; }; then
    BM_PLACE=inside
    BM_WORK=$BM_TARGET/.backstay-restore
  else
    BM_PLACE=beside
    BM_WORK=$BM_TARGET.backstay-restore
  fi
}

# Keeps a second restore of the same target out for as long as this process lives. Work inside of the target changes its time
# of modification, so BM_STAMP remembers what it was.
bm_lock() {
  local stamp=''
  if [[ $BM_PLACE == inside && ! -d $BM_WORK ]]; then stamp=$(stat -c %y -- "$BM_TARGET"); fi
  mkdir -p -- "$BM_WORK" || { bm_log "Error: no folder can be made at $BM_WORK. Check the rights of its parent."; return 1; }
  exec 9<"$BM_WORK"
  if command -v flock >/dev/null && ! flock -n 9; then
    bm_log "Error: another restore into $BM_TARGET is running."
    return 1
  fi
  if [[ -n $stamp ]]; then printf '%s\n' "$stamp" >"$BM_WORK/stamp"; fi
  BM_STAMP=''
  if [[ -s $BM_WORK/stamp ]]; then BM_STAMP=$(<"$BM_WORK/stamp"); fi
}

# Leaves nothing of the work behind, unless it holds what the target is to get back.
bm_finish() {
  if [[ -e $BM_WORK/old || -e $BM_WORK/old.partial ]]; then
    bm_log "Error: the former content could not be put back. It is kept in $BM_WORK, and the next restore puts it back."
    return 1
  fi
  bm_remove "$BM_WORK"
  if [[ -n $BM_STAMP && -d $BM_TARGET ]]; then touch -d "$BM_STAMP" -- "$BM_TARGET"; fi
}

# Undoes what an interrupted restore left: the target is again as it was before it.
bm_recover() {
  if [[ $BM_PLACE == beside ]]; then
    if [[ ! -e $BM_TARGET && -e $BM_WORK/old ]]; then
      bm_move "$BM_WORK/old" "$BM_TARGET" || return 1
      bm_log "An interrupted restore was undone: $BM_TARGET is back as it was."
    fi
  elif [[ -d $BM_WORK/old || -d $BM_WORK/old.partial ]]; then
    bm_put_back || return 1
    bm_log "An interrupted restore was undone: the content of $BM_TARGET is back as it was."
  fi
  find "$BM_WORK" -mindepth 1 -maxdepth 1 ! -name stamp -exec chmod -R u+rwX -- {} + 2>/dev/null
  find "$BM_WORK" -mindepth 1 ! -path "$BM_WORK/stamp" -delete
}

# With old complete, all that lies in the target is new; with old.partial, what lies there is the rest of the old.
bm_put_back() {
  if [[ -d $BM_WORK/old ]]; then
    bm_remove_content "$BM_TARGET" && bm_move_content "$BM_WORK/old" "$BM_TARGET" && rmdir -- "$BM_WORK/old"
  else
    bm_move_content "$BM_WORK/old.partial" "$BM_TARGET" && rmdir -- "$BM_WORK/old.partial"
  fi
}

bm_decompress() {
  bm_read_magic 4
  case $BM_MAGIC in
    1f8b*) { printf '%b' "$BM_MAGIC_ESCAPED"; cat; } | gzip -dc ;;
    28b52ffd) { printf '%b' "$BM_MAGIC_ESCAPED"; cat; } | zstd -dc ;;
    '') bm_log 'Error: the backup is empty.'; return 1 ;;
    *) printf '%b' "$BM_MAGIC_ESCAPED"; cat ;;
  esac
}

# Unpacks into the work folder. Sets nothing: the first member and their number are left in files.
bm_extract() {
  mkdir -- "$BM_WORK/new" || return 1
  local -a BM_ATTRIBUTES
  bm_attributes
  bm_decompress | tar --extract --file=- --directory="$BM_WORK/new" --preserve-permissions --numeric-owner "${BM_ATTRIBUTES[@]}" \
    --delay-directory-restore --quoting-style=escape --verbose --index-file=/dev/fd/5 5> >(bm_count_members)
}

bm_count_members() {
  local first='' rest
  IFS= read -r first
  rest=$(wc -l)
  printf '%s\n' "$first" >"$BM_WORK/first"
  if [[ -n $first ]]; then rest=$((rest + 1)); fi
  printf '%s\n' "$((rest))" >"$BM_WORK/count"
}

# The counter ends a moment after tar, as its input does; on a busy machine the moment may be long.
bm_wait_count() {
  local tries
  for ((tries = 0; tries < 1200; tries++)); do
    if [[ -s $BM_WORK/count ]]; then return 0; fi
    sleep 0.05
  done
  return 1
}

bm_swap() {
  local first count
  bm_wait_count || return 1
  first=$(<"$BM_WORK/first")
  count=$(<"$BM_WORK/count")
  bm_log "Files: $count entries unpacked and complete; putting them in place"
  if [[ $count == 1 && $first != ./ && ! -d $BM_WORK/new/${first#./} ]]; then
    bm_swap_file
  elif [[ -e $BM_TARGET && ! -d $BM_TARGET ]]; then
    bm_log "Error: the backup holds a folder, but $BM_TARGET is a file. Choose another path."
    return 1
  elif [[ -n ${BM_PARAM_INCLUDE-}${BM_PARAM_EXCLUDE-} && -d $BM_TARGET ]]; then
    bm_merge
  elif [[ $BM_PLACE == beside ]]; then
    bm_swap_beside
  else
    bm_swap_inside
  fi
}

# One file: over the target, or into it when that is a folder.
bm_swap_file() {
  BM_STAMP=''
  local entry target=$BM_TARGET
  (
    shopt -s dotglob nullglob
    for entry in "$BM_WORK"/new/*; do
      if [[ -d $target ]]; then target=$target/${entry##*/}; fi
      bm_move "$entry" "$target" || exit 1
    done
  )
}

# A part of a folder: what is not in the backup was left out on purpose, so it stays.
bm_merge() {
  local -a BM_ATTRIBUTES
  bm_attributes
  tar --create --file=- --format=posix --numeric-owner --sparse "${BM_ATTRIBUTES[@]}" --directory="$BM_WORK/new" . |
    tar --extract --file=- --directory="$BM_TARGET" --preserve-permissions --numeric-owner "${BM_ATTRIBUTES[@]}" --delay-directory-restore &&
    BM_STAMP=$(<"$BM_WORK/new.stamp") && return 0
  BM_STAMP=''
  bm_log "Error: $BM_TARGET is only partly restored: a part of a folder is written over what is there. Restore again."
  return 2
}

bm_swap_beside() {
  if [[ -e $BM_TARGET ]]; then bm_move "$BM_TARGET" "$BM_WORK/old" || return 1; fi
  if ! bm_move "$BM_WORK/new" "$BM_TARGET"; then
    if [[ -e $BM_WORK/old ]]; then bm_move "$BM_WORK/old" "$BM_TARGET"; fi
    return 1
  fi
  if [[ -e $BM_WORK/old ]]; then mv -T -- "$BM_WORK/old" "$BM_WORK/trash"; fi
}

bm_swap_inside() {
  mkdir -- "$BM_WORK/old.partial" || return 1
  if ! bm_move_content "$BM_TARGET" "$BM_WORK/old.partial"; then
    bm_put_back
    return 1
  fi
  mv -T -- "$BM_WORK/old.partial" "$BM_WORK/old" || return 1
  if ! bm_move_content "$BM_WORK/new" "$BM_TARGET"; then
    bm_put_back
    return 1
  fi
  mv -T -- "$BM_WORK/old" "$BM_WORK/trash" || return 1
  chmod --reference="$BM_WORK/new" -- "$BM_TARGET" 2>/dev/null
  chown --reference="$BM_WORK/new" -- "$BM_TARGET" 2>/dev/null
  BM_STAMP=$(<"$BM_WORK/new.stamp")
}

bm_load() {
  set -uo pipefail
  bm_choose_place
  bm_lock && bm_recover || return 1
  trap 'bm_finish; exit 1' TERM INT HUP
  bm_log "Files: unpacking beside the present content; it is replaced only when everything has arrived"
  if ! bm_extract; then
    trap '' TERM INT HUP
    bm_finish
    bm_log "Error: the backup could not be unpacked. $BM_TARGET is as it was."
    return 1
  fi
  stat -c %y -- "$BM_WORK/new" >"$BM_WORK/new.stamp"
  trap '' TERM INT HUP
  local status=0
  bm_swap || status=$?
  bm_finish || status=2
  case $status in
    0) bm_log "Files: $BM_TARGET is restored" ;;
    1) bm_log "Error: the content could not be put in place. $BM_TARGET is as it was." ;;
  esac
  return "$status"
}

[[ ${BM_PARAM_PATH-} == /* ]] || bm_fail 'The parameter path must be an absolute path, such as /srv/data.'
BM_PARENT=$(readlink -m -- "$BM_PARAM_PATH" && printf x)
export BM_TARGET=${BM_PARENT%$'\nx'}
[[ $BM_TARGET != / ]] || bm_fail 'The whole file system cannot be replaced. Restore into a folder.'
export BM_PARENT=${BM_TARGET%/*}
[[ -d ${BM_PARENT:-/} ]] || mkdir -p -- "$BM_PARENT" || bm_fail "The folder $BM_PARENT does not exist and cannot be made."
bm_mounted=$(bm_nested_mount "$BM_TARGET") &&
  bm_fail "A file system is mounted inside of $BM_TARGET, at $bm_mounted. Unmount it, or restore into another folder."
bm_choose_place
if [[ -d $BM_WORK ]]; then
  (
    set +e
    bm_lock && bm_recover && bm_finish
  ) || bm_fail "What an interrupted restore left at $BM_WORK could not be cleaned."
fi
bm_log "Files: restoring version ${RESTORE_VERSION:-latest} into $BM_TARGET"
bm_restore bm_load
