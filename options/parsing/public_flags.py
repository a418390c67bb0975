"""The options of the public CycleGAN command line, generation by generation."""


def _split_words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SHARED = """
    dataroot name gpu_ids checkpoints_dir model input_nc output_nc ngf ndf n_layers_D norm no_dropout init_type
    dataset_mode serial_batches no_flip max_dataset_size display_winsize display_freq display_ncols display_id
    display_server display_port update_html_freq print_freq save_latest_freq save_epoch_freq continue_train
    epoch_count phase beta1 lr pool_size no_html lr_policy lr_decay_iters lambda_A lambda_B results_dir aspect_ratio
"""

_TORCH = """
    DATA_ROOT batchSize loadSize fineSize ngf ndf input_nc output_nc niter niter_decay lr beta1 ntrain flip display_id
    display_winsize display_freq gpu name which_direction phase nThreads save_epoch_freq save_latest_freq print_freq
    save_display_freq continue_train serial_batches checkpoints_dir cudnn which_model_netD which_model_netG norm
    n_layers_D content_loss layer_name lambda_A lambda_B model use_lsgan align_data pool_size resize_or_crop identity
    display how_many preprocess aspect_ratio results_dir which_epoch
"""

GENERATIONS: dict[str, list[str]] = {
    "2017": [
        *_split_words(_SHARED),
        *_split_words("""
        batchSize loadSize fineSize nThreads which_direction which_model_netG which_model_netD which_epoch niter
        niter_decay resize_or_crop how_many ntest identity lambda_identity no_lsgan
        """),
    ],
    "2018": [
        *_split_words(_SHARED),
        *_split_words("""
        batch_size load_size crop_size num_threads direction netG netD epoch load_iter niter niter_decay preprocess
        num_test lambda_identity no_lsgan gan_mode init_gain verbose suffix display_env save_by_iter eval model_suffix
        """),
    ],
    "2020": [
        *_split_words(_SHARED),
        *_split_words("""
        batch_size load_size crop_size num_threads direction netG netD epoch load_iter n_epochs n_epochs_decay
        preprocess num_test lambda_identity gan_mode init_gain verbose suffix display_env save_by_iter eval
        model_suffix use_wandb wandb_project_name
        """),
    ],
    "Torch": [*_split_words(_TORCH)],
}
