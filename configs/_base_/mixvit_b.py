# MixFormer's recipe with MixViT's ViT-B and crops; the head is open. Eight GPUs with 32 samples each.
_base_ = 'mixformer.py'
model = dict(
    crop=dict(template_size=128, search_size=288, search_factor=4.5),
    backbone=dict(type='ViT', arch='vit_base', drop_path=0.1, pretrained='mae_pretrain_vit_base.pth'),
    fusion=dict(type='AsymmetricMAM'))
train_dataloader = dict(batch_size=32)
optim_wrapper = dict(optimizer=dict(lr=4e-4))
auto_scale_lr = dict(base_batch_size=256)
