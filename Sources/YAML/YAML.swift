// libyaml as a tree.
