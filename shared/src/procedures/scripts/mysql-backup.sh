
# The last line says that nothing is missing, also where options leave out the one that the tool writes.
bm_dump() {
  set -uo pipefail
  local -a options=(--single-transaction --quick --skip-lock-tables --routines --events --triggers --hex-blob --no-tablespaces) databases
  local help
  help=$("$BM_MY_DUMP" --help 2>/dev/null)
  if [[ $help == *set-gtid-purged* ]]; then options+=(--set-gtid-purged=OFF); fi
  if [[ $help == *column-statistics* ]]; then options+=(--column-statistics=0); fi
  bm_my_words || { bm_log "Error: the parameter dumpOptions cannot be used. $BM_PROBLEM"; return 1; }
  if [[ -n $BM_PARAM_DB ]]; then
    bm_log "MySQL: dumping \"$BM_PARAM_DB\""
    bm_my_dump "${options[@]}" "${BM_MY_WORDS[@]}" -- "$BM_PARAM_DB" || return
  else
    mapfile -t databases < <(bm_my_databases)
    ((${#databases[@]})) || { bm_log "Error: \"$BM_PARAM_USER\" sees no database on this server."; return 1; }
    bm_log "MySQL: dumping ${#databases[@]} databases: ${databases[*]}"
    bm_my_dump "${options[@]}" "${BM_MY_WORDS[@]}" --databases -- "${databases[@]}" || return
  fi
  printf -- '-- Dump completed\n'
  bm_log 'MySQL: the dump is complete'
}

bm_make bm_dump
