"""The training data sets by the names that models know them by, as their `dataset_kind`."""

from .batches import LabelledDataset, PairedDataset, SimToRealDataset, UnpairedDataset

DATASETS = {
    "unpaired": UnpairedDataset,
    "paired": PairedDataset,
    "labelled": LabelledDataset,
    "sim_to_real": SimToRealDataset,
}
