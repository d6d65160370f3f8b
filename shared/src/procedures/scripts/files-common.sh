
# Sets BM_ATTRIBUTES to the options of tar for access control lists and extended attributes. Only root may set them all, and what belongs to the
# security of another machine is left out. A file system that cannot hold them makes tar warn, no more.
bm_attributes() {
  BM_ATTRIBUTES=()
  [[ $EUID == 0 && $(tar --help 2>/dev/null) == *--xattrs-exclude* ]] || return 0
  BM_ATTRIBUTES=(--acls --xattrs '--xattrs-include=*' '--xattrs-exclude=security.selinux' '--xattrs-exclude=trusted.overlay.*')
}
