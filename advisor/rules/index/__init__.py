"""The bit-set index: one wide integer a value, and one AND a fact."""
